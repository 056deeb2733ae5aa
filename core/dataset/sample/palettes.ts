import type { SeededRandom } from '../seeded-random.ts';
import { type Colour, hsl } from './canvas.ts';

/** The colours a sprite is painted with. */
export interface SpriteColours {
  readonly main: Colour;
  readonly second: Colour;
  /** Pale: eyes, spots, glints, blades. */
  readonly pale: Colour;
  /** Dark: pupils, seams and the outline. */
  readonly dark: Colour;
}

/** Hue in turns, saturation and lightness of each pigment. */
const PIGMENTS = {
  red: [0.98, 0.8, 0.52],
  pink: [0.92, 0.75, 0.66],
  orange: [0.07, 0.88, 0.56],
  gold: [0.13, 0.85, 0.55],
  lime: [0.27, 0.65, 0.5],
  green: [0.36, 0.6, 0.42],
  blue: [0.58, 0.75, 0.55],
  violet: [0.75, 0.6, 0.6],
  white: [0.62, 0.25, 0.88],
  brown: [0.07, 0.45, 0.33],
} as const satisfies Record<string, readonly [number, number, number]>;

/** Name of a pigment. */
export type Pigment = keyof typeof PIGMENTS;

/** Main and second pigment of a usual coat. */
export type Coat = readonly [main: Pigment, second: Pigment];

const ALL_PIGMENTS = Object.keys(PIGMENTS) as Pigment[];

/** Share of individuals in a coat of any two pigments, so that colour alone never settles the class. */
const RARE_COAT_SHARE = 0.05;

/** The colours of one individual: one of the usual coats of its class, now and then any. */
export function chooseColours(coats: readonly Coat[], random: SeededRandom): SpriteColours {
  const [main, second] = random.chance(RARE_COAT_SHARE)
    ? [random.pick(ALL_PIGMENTS), random.pick(ALL_PIGMENTS)]
    : random.pick(coats);
  return {
    main: mixPigment(main, random),
    second: mixPigment(second, random),
    pale: hsl(0.13, 0.4, random.uniform(0.9, 0.97)),
    dark: hsl(0.7, 0.45, random.uniform(0.07, 0.14)),
  };
}

function mixPigment(pigment: Pigment, random: SeededRandom): Colour {
  const [hue, saturation, lightness] = PIGMENTS[pigment];
  return hsl(
    hue + random.normal() * 0.015,
    Math.min(1, saturation * random.uniform(0.85, 1.1)),
    Math.min(0.96, lightness * random.uniform(0.88, 1.1)),
  );
}
