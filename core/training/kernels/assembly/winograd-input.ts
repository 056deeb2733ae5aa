import { loadLanes, storeLanes, VECTOR } from './vector';
import { pointBytes, WinogradPlan } from './winograd-plan';

/** One row of the transform: from rows a and b of a 4x4 window, combined as a - b or a + b, to four points. */
// @inline
function inputRow(
  a: usize,
  b: usize,
  add: bool,
  pixelBytes: usize,
  target: usize,
  step: usize,
  lanes: i32,
): void {
  const p2 = 2 * pixelBytes;
  const p3 = 3 * pixelBytes;
  const a0 = loadLanes(a, lanes);
  const a1 = loadLanes(a + pixelBytes, lanes);
  const a2 = loadLanes(a + p2, lanes);
  const a3 = loadLanes(a + p3, lanes);
  const b0 = loadLanes(b, lanes);
  const b1 = loadLanes(b + pixelBytes, lanes);
  const b2 = loadLanes(b + p2, lanes);
  const b3 = loadLanes(b + p3, lanes);
  const r0 = add ? f32x4.add(a0, b0) : f32x4.sub(a0, b0);
  const r1 = add ? f32x4.add(a1, b1) : f32x4.sub(a1, b1);
  const r2 = add ? f32x4.add(a2, b2) : f32x4.sub(a2, b2);
  const r3 = add ? f32x4.add(a3, b3) : f32x4.sub(a3, b3);
  storeLanes(target, f32x4.sub(r0, r2), lanes);
  storeLanes(target + step, f32x4.add(r1, r2), lanes);
  storeLanes(target + 2 * step, f32x4.sub(r2, r1), lanes);
  storeLanes(target + 3 * step, f32x4.sub(r1, r3), lanes);
}

/** The sixteen points of one window and up to four channels. Rows are read twice: all at once do not fit. */
// @inline
function inputColumn(
  window: usize,
  rowBytes: usize,
  pixelBytes: usize,
  target: usize,
  step: usize,
  lanes: i32,
): void {
  const second = window + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  inputRow(window, third, false, pixelBytes, target, step, lanes);
  inputRow(second, third, true, pixelBytes, target + 4 * step, step, lanes);
  inputRow(third, second, false, pixelBytes, target + 8 * step, step, lanes);
  inputRow(second, fourth, false, pixelBytes, target + 12 * step, step, lanes);
}

/** V = Bt d B of `count` tiles from tile `first` of a group on; `source` is the framed group. */
export function transformInput(
  plan: WinogradPlan,
  source: usize,
  first: i32,
  count: i32,
  points: usize,
): void {
  const channels = plan.inChannels;
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>plan.paddedWidth * pixelBytes;
  const step = pointBytes(channels);
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let tile = 0; tile < count; tile++) {
    const window = source + load<u32>(plan.inputOffsets + ((<usize>(first + tile)) << 2));
    for (let c: usize = 0; c < whole; c += VECTOR)
      inputColumn(window + c, rowBytes, pixelBytes, points + c, step, 4);
    if (rest) inputColumn(window + whole, rowBytes, pixelBytes, points + whole, step, rest);
    points += pixelBytes;
  }
}
