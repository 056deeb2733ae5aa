import type { Shape } from './shapes.ts';

/** Red, green and blue, 0…255, fractions allowed. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A part of a sprite; later layers lie over earlier ones. */
export interface Layer {
  readonly shape: Shape;
  readonly colour: Colour;
  /** False for marks inside the figure (eyes, spots), which get no dark outline. */
  readonly outlined: boolean;
}

/** Where and how a sprite stands in the picture. */
export interface Pose {
  /** Pixels. */
  readonly centerX: number;
  readonly centerY: number;
  /** Pixels a sprite unit. */
  readonly scale: number;
  /** Width over height, 1 for the sprite as it was drawn. */
  readonly stretch: number;
  /** Clockwise, radians. */
  readonly angle: number;
  /** Looks the other way. */
  readonly mirrored: boolean;
}

const OUTLINE_PX = 1.1;
/** Farther than this from the figure, neither it nor its outline shows. */
const OUTSIDE_PX = OUTLINE_PX + 0.5;
/** No sprite is wider than this either way, in sprite units. */
const SPRITE_REACH = 1.8;

/** A picture under construction: [height, width, 3] in row order, values 0…255 before rounding. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Float32Array;

  /** @param width - Pixels. @param height - Pixels. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Float32Array(width * height * 3);
  }

  /** Colours every pixel by its position; the colour function gets pixel centres. */
  paint(colourAt: (x: number, y: number) => Colour): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) this.blend(x, y, colourAt(x + 0.5, y + 0.5), 1);
    }
  }

  /** Fills a shape given in pixels, with smooth edges. */
  fill(shape: Shape, colour: Colour, opacity = 1): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const coverage = coverageOf(shape(x + 0.5, y + 0.5));
        if (coverage > 0) this.blend(x, y, colour, coverage * opacity);
      }
    }
  }

  /** Draws a sprite's layers with light from the upper left and one dark outline around all of them. */
  drawSprite(layers: readonly Layer[], pose: Pose, outline: Colour): void {
    const toSprite = spriteCoordinates(pose);
    const distances = new Float64Array(layers.length);
    const reach = SPRITE_REACH * pose.scale;
    const left = Math.max(0, Math.floor(pose.centerX - reach));
    const right = Math.min(this.width, Math.ceil(pose.centerX + reach));
    for (let y = 0; y < this.height; y++) {
      for (let x = left; x < right; x++) {
        const [spriteX, spriteY] = toSprite(x + 0.5, y + 0.5);
        let figure = Number.POSITIVE_INFINITY;
        for (let index = 0; index < layers.length; index++) {
          const { shape, outlined } = layers[index] as Layer;
          const isBare = !outlined && figure > OUTSIDE_PX;
          const distance = isBare ? figure : shape(spriteX, spriteY) * pose.scale;
          distances[index] = distance;
          if (outlined) figure = Math.min(figure, distance);
        }
        if (figure > OUTSIDE_PX) continue;
        this.blend(x, y, outline, coverageOf(figure - OUTLINE_PX));
        const light = 1 - 0.22 * (spriteX * 0.4 + spriteY * 0.8);
        for (let index = 0; index < layers.length; index++) {
          const coverage = coverageOf(distances[index] as number);
          const { colour, outlined } = layers[index] as Layer;
          if (coverage > 0) this.blend(x, y, outlined ? shade(colour, light) : colour, coverage);
        }
      }
    }
  }

  /** Passes every channel value through a function, such as noise or contrast. */
  map(change: (value: number) => number): void {
    for (let at = 0; at < this.pixels.length; at++) this.pixels[at] = change(this.pixels[at] as number);
  }

  /** The picture as rounded bytes, [height, width, 3]. */
  toBytes(): Uint8ClampedArray {
    return Uint8ClampedArray.from(this.pixels);
  }

  private blend(x: number, y: number, [red, green, blue]: Colour, opacity: number): void {
    const at = (y * this.width + x) * 3;
    const { pixels } = this;
    pixels[at] = mix(pixels[at] ?? 0, red, opacity);
    pixels[at + 1] = mix(pixels[at + 1] ?? 0, green, opacity);
    pixels[at + 2] = mix(pixels[at + 2] ?? 0, blue, opacity);
  }
}

/** A colour from hue (turns, any number), saturation and lightness (0…1). Formula of CSS Color 4, section 7. */
export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (((offset + hue * 12) % 12) + 12) % 12;
    return 255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Lighter above 1, darker below. */
export function shade([red, green, blue]: Colour, factor: number): Colour {
  return [red * factor, green * factor, blue * factor];
}

/** The first colour at 0, the second at 1. */
export function mixColours(first: Colour, second: Colour, share: number): Colour {
  return [mix(first[0], second[0], share), mix(first[1], second[1], share), mix(first[2], second[2], share)];
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** How much of a pixel a shape covers whose edge is `distancePx` away from its centre. */
function coverageOf(distancePx: number): number {
  return Math.min(1, Math.max(0, 0.5 - distancePx));
}

function spriteCoordinates(pose: Pose): (x: number, y: number) => readonly [number, number] {
  const cosine = Math.cos(pose.angle);
  const sine = Math.sin(pose.angle);
  const toward = pose.mirrored ? -1 : 1;
  return (x, y) => {
    const dx = (x - pose.centerX) / pose.scale;
    const dy = (y - pose.centerY) / pose.scale;
    return [(toward * (cosine * dx + sine * dy)) / pose.stretch, cosine * dy - sine * dx];
  };
}
