import { introsortArgsort } from '../../base/argsort.ts';
import { clip } from '../../base/rounding.ts';
import type { NumericalRange } from './numerical-range.ts';
import { EPS, type ParzenOptions } from './options.ts';
import type { Scratch } from './scratch.ts';

/** Bandwidth of one observation in one dimension, as a share of the range, in multivariate mode. */
const MULTIVARIATE_SCALE = 0.2;

/** The magic clip keeps bandwidths above this part of the range. */
export const MAGIC_CLIP_DIVISOR = 100;

/** The options that bandwidths depend on. */
export type BandwidthOptions = Pick<
  ParzenOptions,
  'considerMagicClip' | 'considerEndpoints' | 'multivariate'
>;

/**
 * Write the bandwidths σ of a mixture's kernels, the prior's (as wide as the range) last where there is one.
 *
 * Source: Watanabe, "Tree-structured Parzen estimator: understanding its algorithm components", arXiv:2304.11127,
 * sections 3.3.2 (neighbour distance, Scott's-like rule for several dimensions) and 3.3.3 (magic clipping).
 *
 * @param mu places of the kernels: the observations, and the prior's last where there is one.
 * @param nObserved number of observations.
 * @param nDimensions number of parameters that are sampled together.
 * @param sigma as long as `mu`.
 */
export function writeBandwidths(
  mu: Float64Array,
  nObserved: number,
  range: NumericalRange,
  nDimensions: number,
  options: BandwidthOptions,
  sigma: Float64Array,
  scratch: Scratch,
): void {
  if (options.multivariate) {
    sigma.fill(MULTIVARIATE_SCALE * Math.max(nObserved, 1) ** (-1 / (nDimensions + 4)) * range.width);
  } else {
    writeNeighbourDistances(mu, range, options.considerEndpoints, sigma, scratch);
  }
  const smallest = options.considerMagicClip
    ? range.width / Math.min(MAGIC_CLIP_DIVISOR, 1 + mu.length)
    : EPS;
  for (let k = 0; k < nObserved; k++) sigma[k] = clip(sigma[k]!, smallest, range.width);
  sigma.fill(range.width, nObserved);
}

/**
 * For each kernel the larger distance to its two neighbours, the prior's counted among them. Equal places are taken in
 * the order of the unstable sort.
 */
function writeNeighbourDistances(
  points: Float64Array,
  range: NumericalRange,
  considerEndpoints: boolean,
  sigmas: Float64Array,
  scratch: Scratch,
): void {
  const order = introsortArgsort(points, scratch.int32(points.length));
  const last = order.length - 1;
  for (let place = 0; place <= last; place++) {
    const point = points[order[place]!]!;
    const before = point - (place === 0 ? range.lowEdge : points[order[place - 1]!]!);
    const after = (place === last ? range.highEdge : points[order[place + 1]!]!) - point;
    let sigma = Math.max(before, after);
    // An outer kernel looks inwards only, where there is another one to look at.
    if (!considerEndpoints && last > 0) {
      if (place === 0) sigma = after;
      if (place === last) sigma = before;
    }
    sigmas[order[place]!] = sigma;
  }
}
