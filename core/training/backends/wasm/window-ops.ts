import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { WindowGeometry } from '../../kernels/module.ts';
import { imageShape, type WasmContext, windowCount } from './context.ts';

type FilterWindow = { readonly stride: number; readonly padding: number };
type PoolWindow = { readonly kernelSize: number; readonly stride: number; readonly padding: number };

/** Depthwise convolution and max pooling: windows that slide over each channel by itself. */
export interface WindowOps {
  readonly depthwiseConvolve: (inputs: { x: Tensor; filter: Tensor }, window: FilterWindow) => Tensor;
  readonly maxPool: (inputs: { x: Tensor }, window: PoolWindow) => Tensor;
}

function geometryOf(
  x: TensorInfo,
  kernelHeight: number,
  kernelWidth: number,
  stride: number,
  padding: number,
): WindowGeometry {
  const [images, height, width, channels] = imageShape(x);
  const outHeight = windowCount(height, kernelHeight, stride, padding);
  const outWidth = windowCount(width, kernelWidth, stride, padding);
  return [images, height, width, channels, kernelHeight, kernelWidth, stride, padding, outHeight, outWidth];
}

/** The output's shape, of the same channels. */
function outputShape(geometry: WindowGeometry): number[] {
  return [geometry[0], geometry[8], geometry[9], geometry[3]];
}

function depthwiseGeometry(
  x: TensorInfo,
  filter: TensorInfo,
  { stride, padding }: FilterWindow,
): WindowGeometry {
  const [kernelHeight, kernelWidth] = imageShape(filter);
  return geometryOf(x, kernelHeight, kernelWidth, stride, padding);
}

function poolGeometry(x: TensorInfo, { kernelSize, stride, padding }: PoolWindow): WindowGeometry {
  return geometryOf(x, kernelSize, kernelSize, stride, padding);
}

function defineDepthwiseConvolve({ heap, kernels, tape }: WasmContext): WindowOps['depthwiseConvolve'] {
  return tape.define<'x' | 'filter', 'x' | 'filter', FilterWindow>({
    name: 'HoneDepthwiseConvolution',
    forward: ({ x, filter }, window) => {
      const geometry = depthwiseGeometry(x, filter, window);
      const y = heap.output(outputShape(geometry));
      kernels.depthwiseConvolve(heap.address(x), heap.address(filter), heap.address(y), ...geometry);
      return y;
    },
    saves: ['x', 'filter'],
    gradients: (dy, { x, filter }, window) => {
      const geometry = depthwiseGeometry(x, filter, window);
      return {
        x: () => {
          const dx = heap.output(x.shape);
          kernels.depthwiseInputGradient(
            heap.address(dy),
            heap.address(filter),
            heap.address(dx),
            ...geometry,
          );
          return dx;
        },
        filter: () => {
          const dfilter = heap.output(filter.shape);
          kernels.depthwiseFilterGradient(
            heap.address(x),
            heap.address(dy),
            heap.address(dfilter),
            ...geometry,
          );
          return dfilter;
        },
      };
    },
    last: 'filter',
  });
}

function defineMaxPool({ heap, kernels, tape }: WasmContext): WindowOps['maxPool'] {
  return tape.define<'x', 'x' | 'output', PoolWindow>({
    name: 'HoneMaxPool',
    forward: ({ x }, window) => {
      const geometry = poolGeometry(x, window);
      const y = heap.output(outputShape(geometry));
      kernels.maxPool(heap.address(x), heap.address(y), ...geometry);
      return y;
    },
    saves: ['x', 'output'],
    gradients: (dy, { x, output }, window) => ({
      x: () => {
        const dx = heap.output(x.shape);
        const addresses = [
          heap.address(x),
          heap.address(output),
          heap.address(dy),
          heap.address(dx),
        ] as const;
        kernels.maxPoolBackward(...addresses, ...poolGeometry(x, window));
        return dx;
      },
    }),
    last: 'x',
  });
}

/** Define depthwise convolution and max pooling, whose windows slide over each channel alone. */
export function defineWindowOps(context: WasmContext): WindowOps {
  return { depthwiseConvolve: defineDepthwiseConvolve(context), maxPool: defineMaxPool(context) };
}
