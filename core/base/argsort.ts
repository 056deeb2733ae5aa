/** Spans of at most so many entries are sorted by insertion. */
const INSERTION_SPAN = 16;

/**
 * The indexes that sort `values` ascending, NaN last, equal values in the order that numpy's scalar
 * `argsort(kind='quicksort')` leaves them in. That order is not stable, and seed parity with Optuna depends on it.
 *
 * Source: D. Musser, "Introspective sorting and selection algorithms", Software: Practice and Experience 27(8),
 * 1997: quicksort with the median of three, insertion sort for short spans, heap sort where the recursion is deep.
 *
 * @param order where to write the indexes; as long as `values`.
 */
export function introsortArgsort(
  values: Float64Array,
  order: Int32Array = new Int32Array(values.length),
): Int32Array {
  for (let i = 0; i < order.length; i++) order[i] = i;
  const pending: { first: number; last: number; depthLeft: number }[] = [];
  let first = 0;
  let last = order.length - 1;
  let depthLeft = order.length === 0 ? 0 : 2 * (31 - Math.clz32(order.length));
  for (;;) {
    if (depthLeft < 0) {
      heapSort(values, order, first, last - first + 1);
    } else {
      while (last - first >= INSERTION_SPAN) {
        const middle = partition(values, order, first, last);
        depthLeft--;
        // The longer side waits, so that few spans wait at a time.
        if (middle - first < last - middle) {
          pending.push({ first: middle + 1, last, depthLeft });
          last = middle - 1;
        } else {
          pending.push({ first, last: middle - 1, depthLeft });
          first = middle + 1;
        }
      }
      insertionSort(values, order, first, last);
    }
    const span = pending.pop();
    if (span === undefined) return order;
    ({ first, last, depthLeft } = span);
  }
}

/** Ascending order with NaN after everything else. */
function isBefore(a: number, b: number): boolean {
  return a < b || (Number.isNaN(b) && !Number.isNaN(a));
}

function swap(order: Int32Array, i: number, j: number): void {
  const index = order[i]!;
  order[i] = order[j]!;
  order[j] = index;
}

/** Split a span at the median of its first, middle and last entry. @returns where that entry stands now. */
function partition(values: Float64Array, order: Int32Array, first: number, last: number): number {
  const middle = first + ((last - first) >> 1);
  if (isBefore(values[order[middle]!]!, values[order[first]!]!)) swap(order, middle, first);
  if (isBefore(values[order[last]!]!, values[order[middle]!]!)) swap(order, last, middle);
  if (isBefore(values[order[middle]!]!, values[order[first]!]!)) swap(order, middle, first);
  const pivot = values[order[middle]!]!;
  let i = first;
  let j = last - 1;
  swap(order, middle, j);
  for (;;) {
    do i++;
    while (isBefore(values[order[i]!]!, pivot));
    do j--;
    while (isBefore(pivot, values[order[j]!]!));
    if (i >= j) break;
    swap(order, i, j);
  }
  swap(order, i, last - 1);
  return i;
}

function insertionSort(values: Float64Array, order: Int32Array, first: number, last: number): void {
  for (let i = first + 1; i <= last; i++) {
    const index = order[i]!;
    const value = values[index]!;
    let j = i;
    for (; j > first && isBefore(value, values[order[j - 1]!]!); j--) order[j] = order[j - 1]!;
    order[j] = index;
  }
}

function heapSort(values: Float64Array, order: Int32Array, first: number, count: number): void {
  for (let root = count >> 1; root > 0; root--) {
    siftDown(values, order, first, root, count, order[first + root - 1]!);
  }
  for (let size = count - 1; size > 0; size--) {
    const index = order[first + size]!;
    order[first + size] = order[first]!;
    siftDown(values, order, first, 1, size, index);
  }
}

/** Let `index` sink from place `root` of the heap; places count from 1. */
function siftDown(
  values: Float64Array,
  order: Int32Array,
  first: number,
  root: number,
  size: number,
  index: number,
): void {
  const value = values[index]!;
  let place = root;
  for (let child = 2 * root; child <= size; child *= 2) {
    if (child < size && isBefore(values[order[first + child - 1]!]!, values[order[first + child]!]!)) child++;
    const childIndex = order[first + child - 1]!;
    if (!isBefore(value, values[childIndex]!)) break;
    order[first + place - 1] = childIndex;
    place = child;
  }
  order[first + place - 1] = index;
}
