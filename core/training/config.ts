import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import type { ParamValue } from '../distributions/base.ts';
import type { OptimizerName } from './backends/base.ts';
import {
  describeAllowed,
  findHyperparameter,
  HYPERPARAMETERS,
  type HyperparameterName,
  isAllowed,
  parseImageSize,
} from './hyperparameters.ts';

/** Networks by torchvision's names; `cnn` is the plain one. */
export type ModelName = 'cnn' | 'mobilenet_v3_small';

/** How the learning rate changes over the steps of a trial. */
export type ScheduleName = 'constant' | 'cosine' | 'warmup_cosine';

/** Axes along which training images may be mirrored. */
export type FlipMode = 'none' | 'horizontal' | 'vertical' | 'both';

/** Everything that decides how one trial trains, complete and within range; see the table in `hyperparameters.ts`. */
export interface TrainingConfig {
  readonly epochs: number;
  readonly model: ModelName;
  /** Pixels. */
  readonly imageHeight: number;
  /** Pixels. */
  readonly imageWidth: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly schedule: ScheduleName;
  readonly warmupEpochs: number;
  /** Share, 0…0.95. */
  readonly dropout: number;
  /** Share, 0…1. */
  readonly labelSmoothing: number;
  readonly depth: number;
  readonly width: number;
  readonly flip: FlipMode;
  /** Share of the size, 0…0.5. */
  readonly shift: number;
  /** Share of the size, 0…0.9. */
  readonly crop: number;
}

/** Types of the values that the table in `hyperparameters.ts` lets through; null where the default depends. */
interface HyperparameterTypes {
  readonly model: ModelName;
  readonly image_size: string;
  readonly batch_size: number;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly weight_decay: number | null;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly schedule: ScheduleName;
  readonly warmup_epochs: number;
  readonly dropout: number | null;
  readonly label_smoothing: number;
  readonly depth: number;
  readonly width: number;
  readonly flip: FlipMode;
  readonly shift: number;
  readonly crop: number;
}

/** AdamW's own default in PyTorch; the other optimizers have none. */
const ADAMW_WEIGHT_DECAY = 0.01;
/** torchvision's default for MobileNetV3. */
const MOBILENET_DROPOUT = 0.2;

/**
 * The configuration of one trial: what was suggested, what is fixed for the study, and defaults for the rest.
 *
 * @param params suggested values by hyperparameter name; they win over `fixed`.
 * @param fixed values that the study does not vary, or varies only under a condition.
 * @param epochs whole number from 1.
 * @throws {InvalidInputError} for an unknown name or a value that training cannot take.
 */
export function trainingConfig(
  params: Readonly<Record<string, ParamValue>>,
  fixed: JsonObject,
  epochs: number,
): TrainingConfig {
  if (!Number.isInteger(epochs) || epochs < 1 || epochs > 1_000_000) {
    throw new InvalidInputError(
      'epochs',
      `epochs is ${epochs}, but must be a whole number from 1 to 1000000.`,
    );
  }
  const given: ReadonlyMap<string, JsonValue> = new Map(Object.entries({ ...fixed, ...params }));
  for (const [name, value] of given) checkValue(name, value);

  const read = <K extends HyperparameterName>(name: K): HyperparameterTypes[K] => {
    const value = given.get(name) ?? findHyperparameter(name)?.default ?? null;
    // The table's row, against which the value was checked, describes this very type.
    return value as HyperparameterTypes[K];
  };
  const model = read('model');
  const optimizer = read('optimizer');
  const { height, width } = parseImageSize(read('image_size'));
  return {
    epochs,
    model,
    imageHeight: height,
    imageWidth: width,
    batchSize: read('batch_size'),
    optimizer,
    lr: read('lr'),
    weightDecay: read('weight_decay') ?? (optimizer === 'AdamW' ? ADAMW_WEIGHT_DECAY : 0),
    momentum: read('momentum'),
    nesterov: read('nesterov'),
    schedule: read('schedule'),
    warmupEpochs: read('warmup_epochs'),
    dropout: read('dropout') ?? (model === 'mobilenet_v3_small' ? MOBILENET_DROPOUT : 0),
    labelSmoothing: read('label_smoothing'),
    depth: read('depth'),
    width: read('width'),
    flip: read('flip'),
    shift: read('shift'),
    crop: read('crop'),
  };
}

function checkValue(name: string, value: JsonValue): void {
  const row = findHyperparameter(name);
  if (row === undefined) {
    throw new InvalidInputError(
      name,
      `${name} is not a hyperparameter that training knows: use ${knownHyperparameterNames()}.`,
    );
  }
  if (!isAllowed(row.kind, value)) {
    throw new InvalidInputError(
      name,
      `${name} is ${JSON.stringify(value)}, but must be ${describeAllowed(row.kind)}.`,
    );
  }
}

/** For sentences: every known name, with commas. */
export function knownHyperparameterNames(): string {
  return HYPERPARAMETERS.map((row) => row.name).join(', ');
}
