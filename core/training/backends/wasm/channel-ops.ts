import type { Tensor } from '@tensorflow/tfjs-core';
import { elementCount, imageShape, once, type WasmContext } from './context.ts';

/** Operations on each channel or value by itself: global average pool, channel scaling, activations. */
export interface ChannelOps {
  readonly globalAvgPool: (inputs: { x: Tensor }, none: Record<string, never>) => Tensor;
  readonly scaleChannels: (inputs: { x: Tensor; scale: Tensor }, none: Record<string, never>) => Tensor;
  /** `activation` is one of the kernels' codes. */
  readonly activate: (inputs: { x: Tensor }, attributes: { readonly activation: number }) => Tensor;
}

/** Define the operations that work channel by channel, each with its gradient, on one heap. */
export function defineChannelOps(context: WasmContext): ChannelOps {
  const { heap, kernels, tape } = context;
  const globalAvgPool = tape.define<'x', 'x', Record<string, never>>({
    name: 'HoneGlobalAvgPool',
    forward: ({ x }) => {
      const [images, height, width, channels] = imageShape(x);
      const y = heap.output([images, channels]);
      kernels.globalAvgPool(heap.address(x), heap.address(y), images, height * width, channels);
      return y;
    },
    // Only its shape is needed, but the tape has no other way to say so.
    saves: ['x'],
    gradients: (dy, { x }) => ({
      x: () => {
        const [images, height, width, channels] = imageShape(x);
        const dx = heap.output(x.shape);
        kernels.globalAvgPoolBackward(heap.address(dy), heap.address(dx), images, height * width, channels);
        return dx;
      },
    }),
    last: 'x',
  });
  const activate = tape.define<'x', 'x', { readonly activation: number }>({
    name: 'HoneActivation',
    forward: ({ x }, { activation }) => {
      const y = heap.output(x.shape);
      kernels.activationForward(heap.address(x), heap.address(y), elementCount(x), activation);
      return y;
    },
    saves: ['x'],
    gradients: (dy, { x }, { activation }) => ({
      x: () => {
        const dx = heap.output(x.shape);
        const [xAt, dyAt, dxAt] = [heap.address(x), heap.address(dy), heap.address(dx)];
        kernels.activationBackward(xAt, dyAt, dxAt, elementCount(x), activation);
        return dx;
      },
    }),
    last: 'x',
  });
  return { globalAvgPool, activate, scaleChannels: defineScaleChannels(context) };
}

/** Both gradients come from one pass; the one of the scale is held until it is asked for. */
function defineScaleChannels({ heap, kernels, tape }: WasmContext): ChannelOps['scaleChannels'] {
  return tape.define<'x' | 'scale', 'x' | 'scale', Record<string, never>>({
    name: 'HoneScaleChannels',
    forward: ({ x, scale }) => {
      const [images, height, width, channels] = imageShape(x);
      const y = heap.output(x.shape);
      const [xAt, scaleAt, yAt] = [heap.address(x), heap.address(scale), heap.address(y)];
      kernels.scaleChannels(xAt, scaleAt, yAt, images, height * width, channels);
      return y;
    },
    saves: ['x', 'scale'],
    gradients: (dy, { x, scale }) => {
      const both = once(() => {
        const [images, height, width, channels] = imageShape(x);
        const dx = tape.hold(heap.output(x.shape));
        const dscale = tape.hold(heap.output(scale.shape));
        kernels.scaleChannelsBackward(
          heap.address(x),
          heap.address(scale),
          heap.address(dy),
          heap.address(dx),
          heap.address(dscale),
          images,
          height * width,
          channels,
        );
        return { dx, dscale };
      });
      return { x: () => tape.take(both().dx), scale: () => tape.take(both().dscale) };
    },
    last: 'scale',
  });
}
