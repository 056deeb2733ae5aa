/** The characters of a bar: what a terminal with UTF-8 shows, or plain ASCII. */
export interface BarCharacters {
  readonly full: string;
  /** The half-full cell at the end of the bar. */
  readonly tip: string;
  readonly empty: string;
}

/** Thin lines with a half cell at the tip. */
export const UNICODE_BAR: BarCharacters = { full: '━', tip: '╸', empty: '─' };
/** For terminals without UTF-8. */
export const ASCII_BAR: BarCharacters = { full: '#', tip: '>', empty: '.' };

/** A bar in two parts, so that they can be coloured apart; together `width` characters. */
export interface Bar {
  readonly done: string;
  readonly rest: string;
}

/** A bar of `width` characters of which `share` (0…1) is done. */
export function progressBar(share: number, width: number, characters: BarCharacters): Bar {
  const halves = Math.floor(Math.min(Math.max(share, 0), 1) * width * 2);
  const full = Math.floor(halves / 2);
  const tip = halves % 2 === 1 ? characters.tip : '';
  const done = characters.full.repeat(full) + tip;
  return { done, rest: characters.empty.repeat(width - full - tip.length) };
}
