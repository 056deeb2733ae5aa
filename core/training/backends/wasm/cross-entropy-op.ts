import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { WasmContext } from './context.ts';

/** Cross-entropy as `TrainingOps.crossEntropy` describes it: logits [batch, classes], labels [batch], a scalar. */
export type CrossEntropy = (logits: Tensor2D, labels: Tensor1D, labelSmoothing: number) => Tensor;

/** Mean cross-entropy; its gradient is worked out in the same pass over the logits. */
export function defineCrossEntropy({ heap, kernels, tape }: WasmContext): CrossEntropy {
  const crossEntropy = tape.define<
    'logits' | 'labels' | 'dlogits',
    'dlogits',
    { readonly smoothing: number }
  >({
    name: 'HoneCrossEntropy',
    forward: ({ logits, labels, dlogits }, { smoothing }) => {
      const [rows = 0, classes = 0] = logits.shape;
      const loss = heap.output([]);
      const [logitsAt, labelsAt, dlogitsAt] = [
        heap.address(logits),
        heap.address(labels),
        heap.address(dlogits),
      ];
      const mean = kernels.crossEntropy(logitsAt, labelsAt, dlogitsAt, rows, classes, smoothing);
      heap.floats(heap.address(loss), 1)[0] = mean;
      return loss;
    },
    saves: ['dlogits'],
    gradients: (dy, { dlogits }) => ({
      logits: () => {
        const scaled = heap.output(dlogits.shape);
        const [factor = 1] = heap.floats(heap.address(dy), 1);
        const values = heap.floats(heap.address(dlogits), dlogits.size);
        heap.floats(heap.address(scaled), dlogits.size).set(values.map((value) => value * factor));
        return scaled;
      },
    }),
    last: 'logits',
  });
  const engine = tf.engine();
  return (logits, labels, smoothing) => {
    const dlogits = engine.makeTensorFromTensorInfo(heap.output(logits.shape));
    const loss = crossEntropy({ logits, labels, dlogits }, { smoothing });
    dlogits.dispose();
    return loss;
  };
}
