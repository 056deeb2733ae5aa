import {
  drawSample,
  type SampleOptions,
  type SampleSummary,
} from '../../../core/dataset/sample/draw-sample.ts';
import { count } from '../output/format.ts';
import { abortOnSignals } from '../stop-signals.ts';

/**
 * Draw the sample data and say so on standard error; quiet where the folder holds it already.
 *
 * @returns null where a signal stopped it; nothing is left behind then.
 * @throws {InvalidInputError} where the folder holds something else or cannot be written.
 */
export async function drawSampleAloud(
  folder: string,
  options: Pick<SampleOptions, 'seed' | 'images'>,
  isQuiet: boolean,
): Promise<SampleSummary | null> {
  let isTold = isQuiet;
  const tell = (_done: number, total: number) => {
    if (!isTold) process.stderr.write(`Drawing ${count(total, 'image')} into ${folder}\n`);
    isTold = true;
  };
  const sample = await abortOnSignals(async (signal) =>
    drawSample(folder, { ...options, signal, onProgress: tell }),
  );
  if (sample === null) process.stderr.write('Interrupted; nothing was drawn.\n');
  return sample;
}
