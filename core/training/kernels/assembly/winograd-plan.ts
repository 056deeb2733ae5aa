import { ConvolutionPlan } from './convolution-plan';

/**
 * A 3x3 convolution of stride 1 in 2x2 output tiles by Winograd's minimal filtering F(2x2, 3x3): 16 products a tile
 * and channel pair instead of 36 (Lavin and Gray 2016, section 4.1).
 *
 * Of the fields of {@link ConvolutionPlan}, `imagePixels` counts tiles, the offsets are those of each tile's top left
 * input and output pixel, the frame always holds whole tiles, and the window fields are not used.
 *
 * Tiles go in blocks. In a block the transformed input is V [16][48 tiles][inChannels], and the products are sixteen
 * matrix products of it.
 */
@unmanaged
export class WinogradPlan extends ConvolutionPlan {
  outHeight: i32;
  outWidth: i32;
  tileColumns: i32;
  /** Pointer to 48 int32: i * inChannels * 4, where tile i of a block lies in one of V's matrices. */
  blockOffsets: usize;
}

/** Tiles of a block, a multiple of the six rows of a product's tile. */
export const BLOCK_TILES: i32 = 48;

/** Products of a tile. */
export const POINTS: i32 = 16;

/**
 * Bytes from one of a block's sixteen matrices of `width` columns to the next. Never a multiple of a cache way, so
 * that the sixteen stores of a transform do not fight for one set.
 */
export function pointBytes(width: i32): usize {
  return ((<usize>(BLOCK_TILES * width)) << 2) + 64;
}

/** Whether a tile's right column and lower row are inside the output: bits 0 and 1. */
export function tileInside(plan: WinogradPlan, tile: i32): i32 {
  const inImage = tile % plan.imagePixels;
  const row = inImage / plan.tileColumns;
  const column = inImage - row * plan.tileColumns;
  return (2 * column + 1 < plan.outWidth ? 1 : 0) | (2 * row + 1 < plan.outHeight ? 2 : 0);
}
