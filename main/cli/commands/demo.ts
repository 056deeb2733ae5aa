import path from 'node:path';
import { EXIT_CODE, type ExitCode } from '../exit-code.ts';
import { readTuneRequest, TUNE_DEFAULTS } from '../options/tune-options.ts';
import { drawSampleAloud } from './draw-sample.ts';
import { type RunOutputOptions, runStudy } from './run-study.ts';

/** Where the demo keeps its images and its study, below the current folder. */
const DEMO_FOLDER = 'demo';
/** Enough to see pruning at work, few enough to end within three minutes on two cores. */
const DEMO_SETTINGS = { trials: '12', epochs: '6', seed: '1' } as const;

/** `hone demo`: draw the sample data into `./demo`, unless it is there, and tune it. */
export async function demo(output: RunOutputOptions): Promise<ExitCode> {
  const sample = await drawSampleAloud(path.join(DEMO_FOLDER, 'sprites'), {}, output.quiet === true);
  if (sample === null) return EXIT_CODE.interrupted;
  const request = await readTuneRequest(sample.folder, {
    ...TUNE_DEFAULTS,
    ...DEMO_SETTINGS,
    storage: path.join(DEMO_FOLDER, 'demo.db'),
  });
  return runStudy(request, output);
}
