import type { SeededRandom } from '../seeded-random.ts';
import { type Canvas, type Colour, hsl, mixColours, type Pose, shade } from './canvas.ts';
import { box, capsule, circle, ellipse, polygon, union } from './shapes.ts';

/**
 * Backgrounds are dusk: with broad daylight behind the sprites a small network needs far more than the few
 * epochs of a trial before it takes notice of them.
 */
const DIM_LEVEL = 24;
const DIM_CONTRAST = 0.2;

/** Paints what lies behind the sprite; every scene is as likely for every class. */
export function paintBackground(canvas: Canvas, random: SeededRandom): void {
  random.pick([paintSky, paintNight, paintHills, paintBricks, paintTiles, paintSea])(canvas, random);
  canvas.map((value) => DIM_LEVEL + (value - 128) * DIM_CONTRAST);
}

/** Covers a part of the sprite; seven pictures in ten have nothing in front. */
export function paintForeground(canvas: Canvas, pose: Pose, random: SeededRandom): void {
  if (random.chance(0.7)) return;
  random.pick([paintGrass, paintBubbles, paintPost, paintStone])(canvas, pose, random);
}

function gradient(canvas: Canvas, top: Colour, bottom: Colour): void {
  canvas.paint((_x, y) => mixColours(top, bottom, y / canvas.height));
}

function paintSky(canvas: Canvas, random: SeededRandom): void {
  const hue = random.uniform(0, 1);
  gradient(canvas, hsl(hue, 0.45, 0.62), hsl(hue + 0.08, 0.5, 0.86));
  for (let cloud = 0; cloud < 2; cloud++) {
    const x = random.uniform(0, canvas.width);
    const y = random.uniform(2, canvas.height * 0.6);
    const puffs = union(
      ellipse([x, y], 9, 3.5),
      ellipse([x + 6, y - 2], 6, 3.5),
      ellipse([x - 6, y - 1], 5, 2.5),
    );
    canvas.fill(puffs, [250, 250, 252], 0.6);
  }
}

function paintNight(canvas: Canvas, random: SeededRandom): void {
  const hue = random.uniform(0, 1);
  gradient(canvas, hsl(hue, 0.5, 0.12), hsl(hue + 0.1, 0.45, 0.32));
  canvas.fill(circle([random.uniform(6, canvas.width - 6), 7], random.uniform(3, 5)), [244, 238, 205], 0.85);
  for (let star = 0; star < 12; star++) {
    const at = [random.uniform(0, canvas.width), random.uniform(0, canvas.height)] as const;
    canvas.fill(circle(at, 0.6), [255, 255, 235], random.uniform(0.4, 0.9));
  }
}

function paintHills(canvas: Canvas, random: SeededRandom): void {
  const hue = random.uniform(0, 1);
  gradient(canvas, hsl(hue + 0.45, 0.4, 0.7), hsl(hue + 0.4, 0.4, 0.86));
  for (let hill = 0; hill < 3; hill++) {
    const at = [random.uniform(0, canvas.width), canvas.height + 10 - hill * 2] as const;
    canvas.fill(
      ellipse(at, random.uniform(25, 45), random.uniform(18, 28)),
      hsl(hue, 0.4, 0.56 - hill * 0.08),
    );
  }
}

function paintBricks(canvas: Canvas, random: SeededRandom): void {
  const stone = hsl(random.uniform(0, 1), 0.18, random.uniform(0.3, 0.55));
  const mortar = shade(stone, 0.75);
  const shift = random.integer(16);
  canvas.paint((x, y) => {
    const row = Math.floor(y / 8);
    const column = (Math.floor(x) + shift + (row % 2) * 8) % 16;
    return y % 8 < 1 || column === 0 ? mortar : shade(stone, 1 + ((row * 7 + Math.floor(x / 16)) % 3) * 0.05);
  });
}

function paintTiles(canvas: Canvas, random: SeededRandom): void {
  const hue = random.uniform(0, 1);
  const first = hsl(hue, 0.35, random.uniform(0.5, 0.75));
  const second = mixColours(first, hsl(hue + 0.1, 0.35, 0.5), 0.5);
  const size = random.uniform(7, 12);
  canvas.paint((x, y) => ((Math.floor(x / size) + Math.floor(y / size)) % 2 === 0 ? first : second));
}

function paintSea(canvas: Canvas, random: SeededRandom): void {
  const hue = random.uniform(0.4, 0.75);
  const top = hsl(hue, 0.5, 0.6);
  const bottom = hsl(hue + 0.04, 0.6, 0.26);
  const phase = random.uniform(0, 6);
  canvas.paint((x, y) => {
    const ripple = Math.sin(x * 0.25 + y * 0.9 + phase) * 0.05;
    return mixColours(top, bottom, y / canvas.height + ripple);
  });
}

function paintGrass(canvas: Canvas, pose: Pose, random: SeededRandom): void {
  const hue = random.uniform(0.15, 0.42);
  for (let blade = 0; blade < 9; blade++) {
    const x = pose.centerX + random.uniform(-26, 26);
    const top = canvas.height - random.uniform(6, 13);
    const lean = random.uniform(-4, 4);
    const shape = polygon([x - 1.8, canvas.height], [x + lean, top], [x + 1.8, canvas.height]);
    canvas.fill(shape, hsl(hue, 0.5, random.uniform(0.25, 0.42)));
  }
}

function paintBubbles(canvas: Canvas, pose: Pose, random: SeededRandom): void {
  for (let bubble = 0; bubble < 4; bubble++) {
    const x = pose.centerX + random.uniform(-20, 20);
    const y = pose.centerY + random.uniform(-14, 14);
    const radius = random.uniform(2, 4.5);
    canvas.fill(circle([x, y], radius), hsl(random.uniform(0, 1), 0.5, 0.8), 0.65);
    canvas.fill(circle([x - radius * 0.3, y - radius * 0.35], radius * 0.25), [255, 255, 255], 0.9);
  }
}

function paintPost(canvas: Canvas, pose: Pose, random: SeededRandom): void {
  const wood = hsl(random.uniform(0.03, 0.12), 0.35, random.uniform(0.25, 0.5));
  const x = pose.centerX + random.uniform(-18, 18);
  const half = random.uniform(1.5, 3);
  const middle = canvas.height / 2;
  canvas.fill(box([x, middle], half + 0.8, canvas.height), shade(wood, 0.5));
  canvas.fill(box([x, middle], half, canvas.height), wood);
  canvas.fill(capsule([x - half * 0.4, 0], [x - half * 0.4, canvas.height], 0.3), shade(wood, 1.3), 0.7);
}

function paintStone(canvas: Canvas, pose: Pose, random: SeededRandom): void {
  const grey = hsl(random.uniform(0, 1), 0.08, random.uniform(0.35, 0.6));
  const x = pose.centerX + random.uniform(-20, 20);
  const width = random.uniform(6, 10);
  const height = random.uniform(5, 11);
  canvas.fill(ellipse([x, canvas.height], width + 0.9, height + 0.9), shade(grey, 0.45));
  canvas.fill(ellipse([x, canvas.height], width, height), grey);
  canvas.fill(
    ellipse([x - width * 0.3, canvas.height - height * 0.5], width * 0.35, height * 0.2),
    shade(grey, 1.25),
  );
}
