import type { SeededRandom } from '../seeded-random.ts';
import { type Colour, hsl, type Layer, shade } from './canvas.ts';
import type { Coat, SpriteColours } from './palettes.ts';
import {
  box,
  capsule,
  circle,
  ellipse,
  intersection,
  type Point,
  polygon,
  ring,
  type Shape,
  union,
} from './shapes.ts';

/** One class of the sample. */
export interface Sprite {
  /** Name of the class and of its folder. */
  readonly name: string;
  /** Half width in sprite units at angle 0; half the height is about 1. */
  readonly reach: number;
  /** Turned by up to this much either way, radians. */
  readonly turn: number;
  /** Its usual colours; another class wears the same ones, so that no colour belongs to one class. */
  readonly coats: readonly Coat[];
  /** A new individual, its proportions drawn by chance. */
  readonly layers: (random: SeededRandom, colours: SpriteColours) => Layer[];
}

function part(shape: Shape, colour: Colour): Layer {
  return { shape, colour, outlined: true };
}

function mark(shape: Shape, colour: Colour): Layer {
  return { shape, colour, outlined: false };
}

/** A white eye with a pupil that looks a little to one side. */
function eye([x, y]: Point, radius: number, { pale, dark }: SpriteColours, gaze = 0): Layer[] {
  return [mark(circle([x, y], radius), pale), mark(circle([x + gaze * radius, y], radius * 0.55), dark)];
}

function fish(random: SeededRandom, colours: SpriteColours): Layer[] {
  const belly = random.uniform(0.5, 0.68);
  const tail = random.uniform(0.45, 0.7);
  const body = ellipse([-0.15, 0], 0.95, belly);
  const stripes = [0, 1, 2].map((index) => {
    const stripe = box([-0.25 + index * 0.35, 0], random.uniform(0.05, 0.1), 1);
    return mark(intersection(body, stripe), colours.second);
  });
  return [
    part(polygon([0.6, 0], [1.3, -tail], [1.12, 0], [1.3, tail]), colours.second),
    part(polygon([-0.35, -belly * 0.8], [0.15, -belly - 0.3], [0.45, -belly * 0.6]), colours.second),
    part(body, colours.main),
    ...stripes,
    mark(polygon([-0.05, 0.08], [0.35, 0.2], [0.05, 0.38]), shade(colours.second, 0.85)),
    ...eye([-0.65, -0.14], 0.17, colours, -0.2),
    mark(capsule([-1.02, 0.16], [-0.82, 0.2], 0.035), colours.dark),
  ];
}

function ghost(random: SeededRandom, colours: SpriteColours): Layer[] {
  const waves = random.uniform(9, 12);
  const phase = random.uniform(0, 6);
  const hem: Shape = (x, y) => (y - 0.78 + 0.13 * Math.sin(x * waves + phase)) * 0.7;
  const gown = union(circle([0, -0.22], 0.72), box([0, 0.4], 0.72, 0.62));
  const body = intersection(gown, hem);
  const gaze = random.uniform(-0.14, 0.14);
  const mouth = random.chance(0.5)
    ? ellipse([gaze, 0.2], 0.13, 0.17)
    : capsule([gaze - 0.14, 0.18], [gaze + 0.14, 0.18], 0.05);
  const arms = union(ellipse([-0.76, 0.12], 0.2, 0.13), ellipse([0.76, 0.12], 0.2, 0.13));
  return [
    part(arms, colours.main),
    part(body, colours.main),
    mark(ellipse([gaze - 0.25, -0.25], 0.13, 0.2), colours.dark),
    mark(ellipse([gaze + 0.25, -0.25], 0.13, 0.2), colours.dark),
    mark(circle([gaze - 0.28, -0.32], 0.05), colours.pale),
    mark(circle([gaze + 0.22, -0.32], 0.05), colours.pale),
    mark(mouth, colours.dark),
    mark(ellipse([gaze - 0.46, 0.02], 0.1, 0.06), colours.second),
    mark(ellipse([gaze + 0.46, 0.02], 0.1, 0.06), colours.second),
  ];
}

function heart(random: SeededRandom, colours: SpriteColours): Layer[] {
  const lobe = random.uniform(0.47, 0.54);
  const tip = random.uniform(0.85, 1);
  const body = union(
    circle([-0.44, -0.32], lobe),
    circle([0.44, -0.32], lobe),
    polygon([-0.86, -0.04], [0, -0.5], [0.86, -0.04], [0, tip]),
  );
  const cracked = [
    mark(
      union(
        capsule([0.02, -0.42], [-0.12, -0.12], 0.05),
        capsule([-0.12, -0.12], [0.12, 0.1], 0.05),
        capsule([0.12, 0.1], [-0.02, 0.4], 0.05),
      ),
      colours.dark,
    ),
  ];
  const bandaged = [
    mark(intersection(body, capsule([-0.8, 0.35], [0.7, -0.45], 0.12)), colours.second),
    mark(capsule([-0.06, -0.08], [0, -0.02], 0.05), colours.dark),
  ];
  return [
    part(body, colours.main),
    mark(ellipse([-0.52, -0.46], 0.2, 0.12), colours.pale),
    mark(circle([-0.72, -0.2], 0.06), colours.pale),
    ...random.pick([[], [], cracked, bandaged]),
  ];
}

function key(random: SeededRandom, colours: SpriteColours): Layer[] {
  const bow = random.uniform(0.42, 0.52);
  const end = random.uniform(1.15, 1.4);
  const teeth = random.chance(0.5) ? [end - 0.12, end - 0.5] : [end - 0.1, end - 0.36, end - 0.62];
  const bits = teeth.map((x) => box([x, 0.3], 0.09, random.uniform(0.2, 0.34), 0.03));
  const collar = box([-0.3, 0], 0.08, 0.24, 0.04);
  const handle = random.chance(0.6)
    ? ring([-0.85, 0], bow, 0.17)
    : union(ring([-1, -0.27], 0.26, 0.13), ring([-1, 0.27], 0.26, 0.13), ring([-0.62, 0], 0.26, 0.13));
  return [
    part(union(capsule([-0.45, 0], [end, 0], 0.13), ...bits), colours.main),
    part(collar, colours.second),
    part(handle, colours.main),
    mark(capsule([-0.15, -0.05], [end - 0.15, -0.05], 0.035), colours.pale),
  ];
}

function mushroom(random: SeededRandom, colours: SpriteColours): Layer[] {
  const width = random.uniform(0.9, 1.12);
  const dome = random.uniform(0.78, 0.98);
  const cap = intersection(ellipse([0, 0.05], width, dome), box([0, -0.9], 2, 1.08));
  const spots: readonly Point[] = [
    [random.uniform(-0.12, 0.12), -0.42],
    [-0.58 * width, -0.14],
    [0.58 * width, -0.18],
    [0.32, -0.72],
    [-0.4, -0.62],
  ];
  const gaze = random.uniform(-0.08, 0.08);
  return [
    part(box([0, 0.5], random.uniform(0.34, 0.46), 0.46, 0.2), colours.pale),
    mark(ellipse([gaze - 0.15, 0.5], 0.06, 0.12), colours.dark),
    mark(ellipse([gaze + 0.15, 0.5], 0.06, 0.12), colours.dark),
    part(cap, colours.main),
    ...spots.map((spot) => mark(intersection(cap, circle(spot, random.uniform(0.13, 0.24))), colours.pale)),
  ];
}

function rocket(random: SeededRandom, colours: SpriteColours): Layer[] {
  const girth = random.uniform(0.36, 0.46);
  const bow = (1.2 * 1.2 - girth * girth) / (2 * girth);
  const radius = bow + girth;
  const hull = intersection(
    intersection(circle([0, -bow], radius), circle([0, bow], radius)),
    box([-0.2, 0], 1.15, 2),
  );
  const flame = random.uniform(1.15, 1.45);
  return [
    part(polygon([0.8, -0.26], [flame, 0], [0.8, 0.26]), hsl(random.uniform(0.05, 0.14), 0.95, 0.6)),
    part(polygon([0.35, -girth * 0.7], [1.08, -0.78], [0.9, -0.15]), colours.second),
    part(polygon([0.35, girth * 0.7], [1.08, 0.78], [0.9, 0.15]), colours.second),
    part(hull, colours.main),
    mark(intersection(hull, box([-1.2, 0], 0.55, 2)), colours.second),
    mark(circle([-0.18, 0], 0.23), colours.dark),
    mark(circle([-0.18, 0], 0.16), colours.pale),
    ...(random.chance(0.5) ? [mark(intersection(hull, box([0.5, 0], 0.07, 2)), colours.dark)] : []),
  ];
}

function sword(random: SeededRandom, colours: SpriteColours): Layer[] {
  const blade = random.uniform(0.15, 0.22);
  const guard = random.uniform(0.38, 0.55);
  const tip = random.uniform(-1.5, -1.25);
  return [
    part(
      polygon([tip, 0], [tip + 0.3, -blade], [0.5, -blade], [0.5, blade], [tip + 0.3, blade]),
      colours.pale,
    ),
    mark(polygon([tip + 0.12, 0], [0.5, -0.04], [0.5, 0.05]), shade(colours.pale, 0.72)),
    part(capsule([0.6, 0], [1.12, 0], 0.1), colours.second),
    part(box([0.55, 0], 0.1, guard, 0.08), colours.main),
    part(circle([1.22, 0], 0.16), colours.main),
    ...(random.chance(0.5) ? [mark(circle([0.55, 0], 0.09), colours.pale)] : []),
  ];
}

function tree(random: SeededRandom, colours: SpriteColours): Layer[] {
  const trunk = part(box([0, 0.68], random.uniform(0.13, 0.2), 0.34, 0.05), colours.second);
  if (random.chance(0.5)) {
    const width = random.uniform(0.68, 0.85);
    const tiers = [2, 1, 0].map((tier) => {
      const top = -1.02 + tier * 0.38;
      const half = width * (0.55 + tier * 0.22);
      const shape = polygon([0, top], [half, top + 0.68], [-half, top + 0.68]);
      return part(shape, shade(colours.main, 1.12 - tier * 0.1));
    });
    return [trunk, ...tiers, leaves(union(...tiers.map(({ shape }) => shape)), colours)];
  }
  const crown = union(
    circle([0, -0.52], random.uniform(0.42, 0.5)),
    circle([-0.42, -0.1], random.uniform(0.36, 0.44)),
    circle([0.42, -0.1], random.uniform(0.36, 0.44)),
    circle([0, 0.02], 0.42),
  );
  const fruits = [0, 1, 2, 3].map(() => {
    const at: Point = [random.uniform(-0.55, 0.55), random.uniform(-0.7, 0.15)];
    return mark(intersection(crown, circle(at, 0.1)), colours.second);
  });
  return [trunk, part(crown, colours.main), leaves(crown, colours), ...fruits];
}

/** Shadows between the leaves of a crown. */
function leaves(crown: Shape, { main }: SpriteColours): Layer {
  return mark(intersection(crown, leafGaps), shade(main, 0.55));
}

function leafGaps(x: number, y: number): number {
  return 0.12 + 0.25 * Math.sin(x * 11) * Math.sin(y * 11);
}

/** The eight classes of the sample, sorted by name. */
export const SPRITES: readonly Sprite[] = [
  {
    name: 'fish',
    coats: [['orange', 'violet']],
    reach: 1.2,
    turn: 0.25,
    layers: fish,
  },
  { name: 'ghost', coats: [['white', 'blue']], reach: 0.9, turn: 0.15, layers: ghost },
  {
    name: 'heart',
    coats: [['red', 'white']],
    reach: 0.95,
    turn: 0.2,
    layers: heart,
  },
  {
    name: 'key',
    coats: [['lime', 'brown']],
    reach: 1.4,
    turn: 0.4,
    layers: key,
  },
  {
    name: 'mushroom',
    coats: [['red', 'white']],
    reach: 1.05,
    turn: 0.15,
    layers: mushroom,
  },
  {
    name: 'rocket',
    coats: [['white', 'blue']],
    reach: 1.3,
    turn: 0.35,
    layers: rocket,
  },
  {
    name: 'sword',
    coats: [['orange', 'violet']],
    reach: 1.4,
    turn: 0.4,
    layers: sword,
  },
  {
    name: 'tree',
    coats: [['lime', 'brown']],
    reach: 0.9,
    turn: 0.1,
    layers: tree,
  },
];
