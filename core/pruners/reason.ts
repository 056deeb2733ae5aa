/** Digits of a number in a sentence, unless two numbers need more to be told apart. */
const DIGITS = 4;
const MAX_DIGITS = 17;

/** Two numbers for one sentence, with as many digits as it takes to tell them apart. */
export function formatPair(a: number, b: number): readonly [string, string] {
  for (let digits = DIGITS; digits < MAX_DIGITS; digits++) {
    const pair = [formatNumber(a, digits), formatNumber(b, digits)] as const;
    if (pair[0] !== pair[1] || a === b) return pair;
  }
  return [String(a), String(b)];
}

/** 1st, 2nd, 3rd, 11th, 12.5th. */
export function formatOrdinal(value: number): string {
  const tens = value % 100;
  if (tens >= 11 && tens <= 13) return `${value}th`;
  const ending: Readonly<Record<number, string>> = { 1: 'st', 2: 'nd', 3: 'rd' };
  return `${value}${ending[value % 10] ?? 'th'}`;
}

function formatNumber(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
