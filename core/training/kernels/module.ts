import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HoneError } from '../../base/errors.ts';

/** `relaxed`: with fused multiply-add. `plain`: SIMD that every engine has. */
export type KernelBuild = 'relaxed' | 'plain';

/**
 * The functions of `assembly/index.ts`; what each computes is written there.
 *
 * Pointers are byte addresses in the imported memory, `act` is an index into {@link ACTIVATION_CODES}, flags are 0
 * or 1. Tensors are channels-last float32; sizes are counts of elements.
 */
export interface TrainingKernels {
  activationForward(x: number, y: number, count: number, act: number): void;
  activationBackward(x: number, dy: number, dx: number, count: number, act: number): void;
  batchNormBatchStatistics(
    x: number,
    rows: number,
    channels: number,
    weight: number,
    bias: number,
    runningMean: number,
    runningVar: number,
    momentum: number,
    eps: number,
    statistics: number,
  ): void;
  batchNormRunningStatistics(
    channels: number,
    weight: number,
    bias: number,
    runningMean: number,
    runningVar: number,
    eps: number,
    statistics: number,
  ): void;
  batchNormApply(
    x: number,
    residual: number,
    y: number,
    rows: number,
    channels: number,
    statistics: number,
    act: number,
  ): void;
  batchNormBackwardSums(
    x: number,
    dy: number,
    residual: number,
    rows: number,
    channels: number,
    statistics: number,
    act: number,
    dweight: number,
    dbias: number,
  ): void;
  batchNormBackwardApply(
    x: number,
    dy: number,
    residual: number,
    rows: number,
    channels: number,
    statistics: number,
    act: number,
    dweight: number,
    dbias: number,
    training: number,
    dx: number,
    dresidual: number,
    coefficients: number,
  ): void;
  biasGradient(dy: number, rows: number, channels: number, dbias: number): void;
  reluBiasBackward(dy: number, y: number, dz: number, rows: number, channels: number, dbias: number): void;
  scaleChannels(x: number, factor: number, y: number, images: number, pixels: number, channels: number): void;
  scaleChannelsBackward(
    x: number,
    factor: number,
    dy: number,
    dx: number,
    dfactor: number,
    images: number,
    pixels: number,
    channels: number,
  ): void;
  convolve(
    plan: number,
    x: number,
    panels: number,
    bias: number,
    relu: number,
    y: number,
    images: number,
    scratch: number,
  ): void;
  filterGradient(plan: number, x: number, dy: number, dfilter: number, images: number, scratch: number): void;
  packPanels(matrix: number, depth: number, columns: number, panels: number): void;
  packInputGradientPanels(
    filter: number,
    kernelWidth: number,
    inChannels: number,
    outChannels: number,
    stride: number,
    tapTop: number,
    tapLeft: number,
    tapRows: number,
    tapColumns: number,
    panels: number,
  ): void;
  winogradWeights(panels: number, panelCount: number, channels: number, points: number): void;
  winogradConvolve(
    plan: number,
    x: number,
    weights: number,
    bias: number,
    relu: number,
    y: number,
    images: number,
    scratch: number,
  ): void;
  winogradFilterGradient(
    plan: number,
    x: number,
    dy: number,
    dfilter: number,
    images: number,
    scratch: number,
  ): void;
  crossEntropy(
    logits: number,
    labels: number,
    dlogits: number,
    rows: number,
    classes: number,
    smoothing: number,
  ): number;
  depthwiseConvolve(x: number, filter: number, y: number, ...geometry: WindowGeometry): void;
  depthwiseInputGradient(dy: number, filter: number, dx: number, ...geometry: WindowGeometry): void;
  depthwiseFilterGradient(x: number, dy: number, dfilter: number, ...geometry: WindowGeometry): void;
  globalAvgPool(x: number, y: number, images: number, pixels: number, channels: number): void;
  globalAvgPoolBackward(dy: number, dx: number, images: number, pixels: number, channels: number): void;
  maxPool(x: number, y: number, ...geometry: WindowGeometry): void;
  maxPoolBackward(x: number, y: number, dy: number, dx: number, ...geometry: WindowGeometry): void;
  adam(
    parameter: number,
    gradient: number,
    average: number,
    squareAverage: number,
    count: number,
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    correction1: number,
    rootCorrection2: number,
    weightDecay: number,
    decoupled: number,
  ): void;
  sgd(
    parameter: number,
    gradient: number,
    buffer: number,
    count: number,
    lr: number,
    momentum: number,
    weightDecay: number,
    nesterov: number,
  ): void;
  rmsprop(
    parameter: number,
    gradient: number,
    squareAverage: number,
    buffer: number,
    count: number,
    lr: number,
    alpha: number,
    eps: number,
    momentum: number,
    weightDecay: number,
  ): void;
}

/** Windows that slide over images without a frame of zeros. */
export type WindowGeometry = readonly [
  images: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  stride: number,
  padding: number,
  outHeight: number,
  outWidth: number,
];

function readBuild(build: KernelBuild): Uint8Array<ArrayBuffer> {
  const file = join(import.meta.dirname, 'out', `kernels-${build}.wasm`);
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new HoneError(
      'kernels-not-built',
      `The training kernels are missing at ${file}: run npm run build.`,
      {
        cause,
      },
    );
  }
}

/** The fastest build that this engine can run. */
export function supportedBuild(): KernelBuild {
  return WebAssembly.validate(readBuild('relaxed')) ? 'relaxed' : 'plain';
}

/**
 * Instantiate the kernels inside `memory`, which they share with its owner.
 *
 * @throws {HoneError} `kernels-not-built` where `npm run build` has not run.
 */
export function loadTrainingKernels(memory: WebAssembly.Memory, build: KernelBuild): TrainingKernels {
  const module = new WebAssembly.Module(readBuild(build));
  const instance = new WebAssembly.Instance(module, { env: { memory }, math: { log: Math.log } });
  // The exports are those of assembly/index.ts, which this interface names.
  return instance.exports as unknown as TrainingKernels;
}
