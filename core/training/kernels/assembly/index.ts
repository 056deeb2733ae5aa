/** Everything the module exports; `../module.ts` names the same functions for TypeScript. */
export { activationBackward, activationForward } from './activation';
export { batchNormApply, batchNormBatchStatistics, batchNormRunningStatistics } from './batch-norm';
export { batchNormBackwardApply, batchNormBackwardSums } from './batch-norm-gradient';
export { biasGradient, reluBiasBackward } from './bias';
export { scaleChannels, scaleChannelsBackward } from './channel-scale';
export { convolve } from './convolution';
export { crossEntropy } from './cross-entropy';
export { depthwiseConvolve, depthwiseInputGradient } from './depthwise';
export { depthwiseFilterGradient } from './depthwise-filter-gradient';
export { filterGradient } from './filter-gradient';
export { globalAvgPool, globalAvgPoolBackward } from './global-avg-pool';
export { maxPool } from './max-pool';
export { maxPoolBackward } from './max-pool-gradient';
export { adam, rmsprop, sgd } from './optimizers';
export { packInputGradientPanels, packPanels } from './pack';
export { winogradConvolve, winogradWeights } from './winograd';
export { winogradFilterGradient } from './winograd-filter-gradient';
