import { introsortArgsort } from '../../base/argsort.ts';
import { clip } from '../../base/rounding.ts';
import type { NumericalRange } from './numerical-range.ts';
import { EPS, type ParzenOptions } from './options.ts';

/** Bandwidth of one observation in one dimension, as a share of the range, in multivariate mode. */
const MULTIVARIATE_SCALE = 0.2;

/** The options that bandwidths depend on. */
export type BandwidthOptions = Pick<
  ParzenOptions,
  'considerPrior' | 'considerMagicClip' | 'considerEndpoints' | 'multivariate'
>;

/**
 * The bandwidths σ of the kernels around the observations `mus`, in their order.
 *
 * Source: Watanabe, "Tree-structured Parzen estimator: understanding its algorithm components", arXiv:2304.11127,
 * sections 3.3.2 (neighbour distance, Scott's-like rule for several dimensions) and 3.3.3 (magic clipping).
 *
 * @param nDimensions number of parameters that are sampled together.
 */
export function bandwidths(
  mus: Float64Array,
  range: NumericalRange,
  nDimensions: number,
  options: BandwidthOptions,
): Float64Array {
  const withPrior = options.considerPrior || mus.length === 0;
  const sigmas = options.multivariate
    ? new Float64Array(mus.length).fill(
        MULTIVARIATE_SCALE * Math.max(mus.length, 1) ** (-1 / (nDimensions + 4)) * range.width,
      )
    : neighbourDistances(mus, range, withPrior, options.considerEndpoints);
  const smallest = options.considerMagicClip
    ? range.width / Math.min(100, 1 + mus.length + (withPrior ? 1 : 0))
    : EPS;
  for (let i = 0; i < sigmas.length; i++) sigmas[i] = clip(sigmas[i]!, smallest, range.width);
  return sigmas;
}

/**
 * For each observation the larger distance to its two neighbours, the prior's kernel counted among them. Equal
 * observations take their places in the order of the unstable sort.
 */
function neighbourDistances(
  mus: Float64Array,
  range: NumericalRange,
  withPrior: boolean,
  considerEndpoints: boolean,
): Float64Array {
  const points = new Float64Array(mus.length + (withPrior ? 1 : 0));
  points.set(mus);
  if (withPrior) points[mus.length] = range.middle;
  const order = introsortArgsort(points);
  const last = order.length - 1;
  const sigmas = new Float64Array(points.length);
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
  return sigmas.subarray(0, mus.length);
}
