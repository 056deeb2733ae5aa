/*
 * Tables for `elementary.ts`, computed once from whole numbers with 200 bits behind the point.
 */

const FRACTION_BITS = 200n;
const ONE = 1n << FRACTION_BITS;

/** 2^(i/128), i = 0 … 127. */
export const POWER_TABLE_SIZE = 128;
/** log(i/64), i = 45 … 91; smaller places are empty. */
export const LOG_TABLE_SIZE = 64;
const LOG_TABLE_FIRST = 45;
const LOG_TABLE_LAST = 91;

/** The double nearest to a fixed-point number, and the rest that it leaves. */
function split(value: bigint): { readonly high: number; readonly low: number } {
  const scale = 2 ** Number(FRACTION_BITS);
  const high = Number(value);
  return { high: high / scale, low: Number(value - BigInt(high)) / scale };
}

function squareRoot(value: bigint): bigint {
  const radicand = value << FRACTION_BITS;
  let root = value;
  for (;;) {
    const next = (root + radicand / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** 2 artanh(numerator / denominator) = log((d + n) / (d - n)), by its series. */
function twiceArtanh(numerator: bigint, denominator: bigint): bigint {
  let power = (ONE * numerator) / denominator;
  let sum = power;
  for (let n = 3n; power !== 0n && n < 400n; n += 2n) {
    power = (power * numerator * numerator) / (denominator * denominator);
    sum += power / n;
  }
  return 2n * sum;
}

function makePowerTable() {
  let root = 2n * ONE;
  for (let size = POWER_TABLE_SIZE; size > 1; size /= 2) root = squareRoot(root);
  const value = new Float64Array(POWER_TABLE_SIZE);
  const valueHigh = new Float64Array(POWER_TABLE_SIZE);
  const tail = new Float64Array(POWER_TABLE_SIZE);
  let power = ONE;
  for (let i = 0; i < POWER_TABLE_SIZE; i++) {
    const { high, low } = split(power);
    value[i] = high;
    tail[i] = low / high;
    const scaled = (2 ** 27 + 1) * high;
    valueHigh[i] = scaled - (scaled - high);
    power = (power * root) >> FRACTION_BITS;
  }
  return { value, valueHigh, tail };
}

function makeLogTable() {
  const high = new Float64Array(LOG_TABLE_LAST + 1);
  const low = new Float64Array(LOG_TABLE_LAST + 1);
  const size = BigInt(LOG_TABLE_SIZE);
  for (let i = LOG_TABLE_FIRST; i <= LOG_TABLE_LAST; i++) {
    const parts = split(twiceArtanh(BigInt(i) - size, BigInt(i) + size));
    high[i] = parts.high;
    low[i] = parts.low;
  }
  return { high, low };
}

function makeLn2() {
  const exact = twiceArtanh(1n, 3n);
  // 32 bits, so that products with exponents are exact.
  const high = Math.floor(split(exact).high * 2 ** 32) / 2 ** 32;
  return { high, low: split(exact - BigInt(high * 2 ** 32) * (ONE >> 32n)).high };
}

/** 2^(i/128) = value (1 + tail), and the upper 26 bits of the value. */
export const POWER_TABLE = makePowerTable();
/** log(i/64) = high + low. */
export const LOG_TABLE = makeLogTable();
/** ln 2 = high + low. */
export const LN2 = makeLn2();
