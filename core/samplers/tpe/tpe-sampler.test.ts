import { describeSampler } from '../sampler.contract.ts';
import type { TPESamplerOptions } from './options.ts';
import { TPESampler } from './tpe-sampler.ts';

const VARIANTS: Readonly<Record<string, TPESamplerOptions>> = {
  'TPESampler, univariate': {},
  'TPESampler, multivariate': { multivariate: true, warnIndependentSampling: false },
  'TPESampler, multivariate by groups': { multivariate: true, group: true, warnIndependentSampling: false },
  'TPESampler, constant liar without a prior': {
    constantLiar: true,
    considerPrior: false,
    considerEndpoints: true,
  },
};

for (const [name, options] of Object.entries(VARIANTS)) {
  describeSampler(name, (seed) => new TPESampler({ ...options, seed }));
}
