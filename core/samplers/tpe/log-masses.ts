import type { NumericalRange } from './numerical-range.ts';
import { logGaussMass } from './truncated-normal.ts';

/** Logarithm of the mass of a normal kernel inside the range, by which its density is divided. */
export function logMassInRange(mu: number, sigma: number, range: NumericalRange): number {
  return logGaussMass((range.lowEdge - mu) / sigma, (range.highEdge - mu) / sigma);
}

/**
 * Remembers {@link logMassInRange} by trial number: from one suggestion to the next most kernels keep their place
 * and bandwidth, and the mass is what costs most about a kernel.
 */
export class LogMasses {
  readonly #range: NumericalRange;
  #mus = new Float64Array(0);
  #sigmas = new Float64Array(0);
  #masses = new Float64Array(0);

  constructor(range: NumericalRange) {
    this.#range = range;
  }

  /** The mass of the kernel around a trial's observation. */
  get(trialNumber: number, mu: number, sigma: number): number {
    if (trialNumber >= this.#sigmas.length) this.#grow(trialNumber + 1);
    if (this.#sigmas[trialNumber] !== sigma || this.#mus[trialNumber] !== mu) {
      this.#mus[trialNumber] = mu;
      this.#sigmas[trialNumber] = sigma;
      this.#masses[trialNumber] = logMassInRange(mu, sigma, this.#range);
    }
    return this.#masses[trialNumber]!;
  }

  #grow(length: number): void {
    const capacity = Math.max(64, 2 * length);
    this.#mus = lengthened(this.#mus, capacity);
    this.#sigmas = lengthened(this.#sigmas, capacity);
    this.#masses = lengthened(this.#masses, capacity);
  }
}

function lengthened(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}
