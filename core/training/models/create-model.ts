import type { RandomState } from '../../base/random-state.ts';
import type { TrainingOps } from '../backends/base.ts';
import type { TrainingConfig } from '../config.ts';
import { createCnn } from './cnn.ts';
import { createMobileNetV3Small } from './mobilenet-v3-small.ts';
import type { Model } from './model.ts';

/**
 * The network that a configuration asks for, freshly initialised.
 *
 * @param random decides every initial weight.
 */
export function createModel(
  ops: TrainingOps,
  config: TrainingConfig,
  classCount: number,
  random: RandomState,
): Model {
  if (config.model === 'cnn') {
    const { depth, width, dropout } = config;
    return createCnn(ops, { classCount, depth, width, dropout }, random);
  }
  return createMobileNetV3Small(ops, { classCount, dropout: config.dropout }, random);
}
