/**
 * Compare text by code points, as Python sorts it. JavaScript's own order compares UTF-16 units, which puts
 * characters beyond U+FFFF before those from U+E000 to U+FFFF.
 *
 * @returns below 0 where `a` comes first, above 0 where `b` does, 0 where they are equal.
 */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return codePointAround(a, i) - codePointAround(b, i);
  }
  return a.length - b.length;
}

/** The code point that the unit at `i` belongs to; a unit alone where it has no partner. */
function codePointAround(text: string, i: number): number {
  const unit = text.charCodeAt(i);
  const isLow = unit >= 0xdc00 && unit <= 0xdfff;
  const start = isLow && i > 0 && (text.codePointAt(i - 1) ?? 0) > 0xffff ? i - 1 : i;
  return text.codePointAt(start) ?? 0;
}
