import { SAMPLE_HEIGHT, SAMPLE_WIDTH } from '../../../core/dataset/sample/draw-sample.ts';
import { EXIT_CODE, type ExitCode } from '../exit-code.ts';
import { parseWholeNumber } from '../options/whole-number.ts';
import { count } from '../output/format.ts';
import { drawSampleAloud } from './draw-sample.ts';

/** Options of `hone sample` as they were typed. */
export interface SampleOptions {
  readonly seed: string;
  readonly images: string;
}

const MAX_SEED = 2 ** 32 - 1;
const MAX_IMAGES = 1_000_000;
/** One of each class. */
const MIN_IMAGES = 8;

/** `hone sample DIR`: draw the sample data. */
export async function sample(folder: string, options: SampleOptions): Promise<ExitCode> {
  const seed = parseWholeNumber('--seed', options.seed, { low: 0, high: MAX_SEED });
  const images = parseWholeNumber('--images', options.images, { low: MIN_IMAGES, high: MAX_IMAGES });
  const drawn = await drawSampleAloud(folder, { seed, images }, false);
  if (drawn === null) return EXIT_CODE.interrupted;
  const what = `${count(drawn.imageCount, 'image')} of ${SAMPLE_WIDTH} x ${SAMPLE_HEIGHT} pixels in ${drawn.classes.length} classes`;
  const line = drawn.drawn ? `Drew ${what} into ${drawn.folder}` : `${drawn.folder} holds ${what} already`;
  process.stdout.write(`${line}\n`);
  return EXIT_CODE.finished;
}
