import { InvalidInputError } from '../base/errors.ts';

/** Names under which a search space or an option may set a hyperparameter. */
export type HyperparameterName =
  | 'model'
  | 'image_size'
  | 'batch_size'
  | 'optimizer'
  | 'lr'
  | 'weight_decay'
  | 'momentum'
  | 'nesterov'
  | 'schedule'
  | 'warmup_epochs'
  | 'dropout'
  | 'label_smoothing'
  | 'depth'
  | 'width'
  | 'flip'
  | 'shift'
  | 'crop';

/** What values a hyperparameter takes. Ranges include both ends. */
export type HyperparameterKind =
  | { readonly type: 'choice'; readonly choices: ReadonlyArray<string | boolean> }
  | { readonly type: 'int'; readonly low: number; readonly high: number }
  | { readonly type: 'float'; readonly low: number; readonly high: number }
  /** Text such as `40x80`: height, then width, both in pixels from `low` to `high`. */
  | { readonly type: 'size'; readonly low: number; readonly high: number };

/** Value of a hyperparameter as spaces and options write it. */
export type HyperparameterValue = string | number | boolean;

/** One row of {@link HYPERPARAMETERS}. */
export interface Hyperparameter {
  readonly name: HyperparameterName;
  readonly kind: HyperparameterKind;
  /** Taken where neither the space nor an option says otherwise; null: depends on another one, see `description`. */
  readonly default: HyperparameterValue | null;
  /** For people: one sentence. */
  readonly description: string;
}

/** Every hyperparameter that a space may vary, in the order in which they are listed to people. */
export const HYPERPARAMETERS: readonly Hyperparameter[] = [
  {
    name: 'model',
    kind: { type: 'choice', choices: ['cnn', 'mobilenet_v3_small'] },
    default: 'cnn',
    description: 'Network: a plain CNN, or MobileNetV3-small as in torchvision.',
  },
  {
    name: 'image_size',
    kind: { type: 'size', low: 8, high: 1024 },
    default: '64x64',
    description: 'Height and width in pixels to which images are resized, such as 40x80.',
  },
  {
    name: 'batch_size',
    kind: { type: 'int', low: 1, high: 4096 },
    default: 32,
    description: 'Images a step.',
  },
  {
    name: 'optimizer',
    kind: { type: 'choice', choices: ['AdamW', 'Adam', 'SGD', 'RMSprop'] },
    default: 'AdamW',
    description: 'Optimizer, with the semantics of the PyTorch class of that name.',
  },
  {
    name: 'lr',
    kind: { type: 'float', low: 0, high: 10 },
    default: 1e-3,
    description: 'Learning rate; the peak where the schedule changes it.',
  },
  {
    name: 'weight_decay',
    kind: { type: 'float', low: 0, high: 10 },
    default: null,
    description: 'Weight decay: decoupled for AdamW (0.01 by default), L2 for the others (0 by default).',
  },
  {
    name: 'momentum',
    kind: { type: 'float', low: 0, high: 0.9999 },
    default: 0,
    description: 'Momentum of SGD and RMSprop; the other optimizers take no notice of it.',
  },
  {
    name: 'nesterov',
    kind: { type: 'choice', choices: [false, true] },
    default: false,
    description: 'Nesterov momentum of SGD; takes effect where momentum is above 0.',
  },
  {
    name: 'schedule',
    kind: { type: 'choice', choices: ['constant', 'cosine', 'warmup_cosine'] },
    default: 'constant',
    description: 'How the learning rate changes over the steps of a trial.',
  },
  {
    name: 'warmup_epochs',
    kind: { type: 'float', low: 0, high: 1000 },
    default: 1,
    description: 'Epochs of linear warm-up of the schedule warmup_cosine; at most all epochs.',
  },
  {
    name: 'dropout',
    kind: { type: 'float', low: 0, high: 0.95 },
    default: null,
    description:
      'Share of features dropped before the last layer (cnn 0, mobilenet_v3_small 0.2 by default).',
  },
  {
    name: 'label_smoothing',
    kind: { type: 'float', low: 0, high: 1 },
    default: 0,
    description: 'Share of the target spread evenly over all classes.',
  },
  {
    name: 'depth',
    kind: { type: 'int', low: 1, high: 6 },
    default: 3,
    description: 'Convolutions of the plain CNN.',
  },
  {
    name: 'width',
    kind: { type: 'int', low: 4, high: 256 },
    default: 16,
    description: 'Channels of the first convolution of the plain CNN; each next one has twice as many.',
  },
  {
    name: 'flip',
    kind: { type: 'choice', choices: ['none', 'horizontal', 'vertical', 'both'] },
    default: 'none',
    description: 'Training images are mirrored at random, with a chance of one half along each named axis.',
  },
  {
    name: 'shift',
    kind: { type: 'float', low: 0, high: 0.5 },
    default: 0,
    description: 'Training images are moved at random by up to this share of their size; the rim is black.',
  },
  {
    name: 'crop',
    kind: { type: 'float', low: 0, high: 0.9 },
    default: 0,
    description:
      'Up to this share of height and width of training images is cut off at random, the rest enlarged.',
  },
];

const BY_NAME: ReadonlyMap<string, Hyperparameter> = new Map(HYPERPARAMETERS.map((row) => [row.name, row]));

/** The row of that name, or undefined. */
export function findHyperparameter(name: string): Hyperparameter | undefined {
  return BY_NAME.get(name);
}

/** For people: what values are allowed, such as `a whole number from 1 to 4096`. */
export function describeAllowed(kind: HyperparameterKind): string {
  if (kind.type === 'choice') return `one of ${kind.choices.join(', ')}`;
  if (kind.type === 'size') return `HEIGHTxWIDTH with both from ${kind.low} to ${kind.high}, such as 40x80`;
  return `${kind.type === 'int' ? 'a whole number' : 'a number'} from ${kind.low} to ${kind.high}`;
}

/** True where `value` is one that training can take. */
export function isAllowed(kind: HyperparameterKind, value: unknown): boolean {
  switch (kind.type) {
    case 'choice':
      return kind.choices.some((choice) => choice === value);
    case 'size':
      return typeof value === 'string' && parseSize(value, kind.low, kind.high) !== null;
    case 'int':
      return Number.isInteger(value) && inRange(kind, value);
    case 'float':
      return inRange(kind, value);
    default:
      return false;
  }
}

function inRange(range: { readonly low: number; readonly high: number }, value: unknown): boolean {
  return typeof value === 'number' && value >= range.low && value <= range.high;
}

function parseSize(text: string, low: number, high: number): { height: number; width: number } | null {
  const match = /^([1-9]\d*)x([1-9]\d*)$/.exec(text);
  if (match === null) return null;
  const height = Number(match[1]);
  const width = Number(match[2]);
  return Math.min(height, width) >= low && Math.max(height, width) <= high ? { height, width } : null;
}

/**
 * Height and width in pixels of an `image_size` such as `40x80`.
 *
 * @throws {InvalidInputError} where the text is no such size; `field` names what was read.
 */
export function parseImageSize(text: string, field = 'image_size'): { height: number; width: number } {
  const kind = BY_NAME.get('image_size')?.kind;
  if (kind?.type !== 'size') throw new Error('image_size has no size in the table of hyperparameters');
  const size = parseSize(text, kind.low, kind.high);
  if (size === null) {
    throw new InvalidInputError(
      field,
      `${field} is ${JSON.stringify(text)}, but must be ${describeAllowed(kind)}.`,
    );
  }
  return size;
}
