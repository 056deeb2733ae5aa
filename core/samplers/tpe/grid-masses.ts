import { log } from '../../base/elementary.ts';
import type { NumericalRange } from './numerical-range.ts';
import { logGaussMass, normalLogPdf } from './truncated-normal.ts';

/** Longest table of masses. */
const MAX_TABLE_LENGTH = 2 ** 17;
/** Intervals up to so many bandwidths wide, to each side, are narrow. */
const NARROW = 1e-3;
/** Beyond so many bandwidths the series for narrow intervals is too short. */
const SERIES_RADIUS = 200;

/**
 * The masses that normal kernels give to the surroundings of grid points, half a step to both sides.
 *
 * In a long study nearly all kernels have the same bandwidth (the smallest that the magic clip allows, or the common
 * one of a joint mixture), so that there are few different masses. Those of one bandwidth are remembered, from one
 * suggestion to the next too. On a grid of integers the mass is a function of the distance alone, to the last bit;
 * on other grids it depends on both places.
 */
export class GridMasses {
  readonly #range: NumericalRange;
  readonly #step: number;
  readonly #nPoints: number;
  readonly #byDistance: boolean;
  /** NaN where not yet computed; empty where there are too many points. */
  readonly #table: Float64Array;
  #rememberedSigma = NaN;
  /** The bandwidth of the latest narrow interval, and the logarithm of the interval's width in bandwidths. */
  #narrowSigma = NaN;
  #logNarrowWidth = NaN;

  constructor(range: NumericalRange, step: number) {
    this.#range = range;
    this.#step = step;
    this.#nPoints = Math.round((range.high - range.low) / step) + 1;
    this.#byDistance = Number.isSafeInteger(range.low) && Number.isSafeInteger(step);
    const length = this.#byDistance ? 2 * this.#nPoints - 1 : this.#nPoints * this.#nPoints;
    this.#table = new Float64Array(length <= MAX_TABLE_LENGTH ? length : 0);
  }

  /** Choose the bandwidth whose masses are remembered. */
  remember(sigma: number): void {
    if (sigma === this.#rememberedSigma) return;
    this.#rememberedSigma = sigma;
    this.#table.fill(NaN);
  }

  /** Logarithm of the mass around the grid point `x` of a kernel at `mu`, as a share of the whole normal. */
  get(x: number, mu: number, sigma: number): number {
    const place = sigma === this.#rememberedSigma && this.#table.length > 0 ? this.#placeOf(x, mu) : -1;
    if (place < 0) return this.#compute(x, mu, sigma);
    const known = this.#table[place]!;
    return Number.isNaN(known) ? (this.#table[place] = this.#compute(x, mu, sigma)) : known;
  }

  #compute(x: number, mu: number, sigma: number): number {
    const half = this.#step / 2;
    const radius = half / sigma;
    const z = (x - mu) / sigma;
    if (radius <= NARROW && Math.abs(z) < SERIES_RADIUS) return this.#narrowLogMass(z, radius, sigma);
    const low = Math.max(x - half, this.#range.lowEdge);
    const high = Math.min(x + half, this.#range.highEdge);
    return logGaussMass((low - mu) / sigma, (high - mu) / sigma);
  }

  /**
   * The density in the middle times the width, times the mean of e^(-zu - u²/2) for u within the radius.
   *
   * Differs from Optuna, which takes the difference of two nearly equal probabilities and loses as many digits as the
   * interval is narrow: the results agree to what is left there, about 1e-12.
   */
  #narrowLogMass(z: number, radius: number, sigma: number): number {
    if (sigma !== this.#narrowSigma) {
      this.#narrowSigma = sigma;
      this.#logNarrowWidth = log(2 * radius);
    }
    // The mean of e^(-zu) is sinh(t) / t with t = z radius; that of u² e^(-zu) follows by twice differentiating.
    const t2 = (z * radius) ** 2;
    const first = (t2 / 6) * (1 + (t2 / 20) * (1 + (t2 / 42) * (1 + t2 / 72)));
    const second = radius * radius * (1 / 6 + t2 * (1 / 20 + t2 / 336));
    const excess = first - second;
    return this.#logNarrowWidth + normalLogPdf(z) + logOnePlusSmall(excess);
  }

  /** Where the table has the mass; -1 unless both values are grid points to the last bit. */
  #placeOf(x: number, mu: number): number {
    if (this.#byDistance) {
      const distance = (x - mu) / this.#step + this.#nPoints - 1;
      return Number.isInteger(distance) && distance >= 0 && distance < this.#table.length ? distance : -1;
    }
    const point = this.#pointOf(x);
    const kernelPoint = this.#pointOf(mu);
    return point < 0 || kernelPoint < 0 ? -1 : kernelPoint * this.#nPoints + point;
  }

  #pointOf(value: number): number {
    const { low, high } = this.#range;
    const point = Math.round((value - low) / this.#step);
    if (point < 0 || point >= this.#nPoints) return -1;
    return Math.min(low + point * this.#step, high) === value ? point : -1;
  }
}

/** log(1 + x) for |x| < 0.01. */
function logOnePlusSmall(x: number): number {
  return x * (1 - x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x / 5))));
}
