import { link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { forEachBounded } from './bounded-work.ts';
import { drawSample } from './sample/draw-sample.ts';
import { scanDataset } from './scan.ts';

const IMAGE_COUNT = 20_000;
const DRAWN_COUNT = 2_000;
/** In turns, and the best of each counts, so that what else the machine does falls on neither. */
const ROUNDS = 2;

/**
 * Scans 20,000 sprites of 80 x 40 pixels and sets that beside sharp decoding the same files and doing nothing else.
 *
 * Prints images a second, and the scan's share of bare decoding: 1 would be a scan that costs nothing besides.
 */
export async function run(): Promise<void> {
  const root = await mkdtemp(path.join(tmpdir(), 'hone-scan-bench-'));
  try {
    const folder = path.join(root, 'images');
    const files = await multiplySample(root, folder);
    const indexFolder = path.join(root, 'index');
    const rates = { bare: [] as number[], scan: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.bare.push(await rateOf(() => decodeBare(files)));
      rates.scan.push(await rateOf(() => scanDataset(folder, round === ROUNDS - 1 ? { indexFolder } : {})));
    }
    const again = await rateOf(() => scanDataset(folder, { indexFolder }));
    const bare = Math.max(...rates.bare);
    const scan = Math.max(...rates.scan);
    printRow('', 'images/s', 'of bare decoding');
    printRow('sharp, decoding only', bare.toFixed(0), '1.00');
    printRow('scan', scan.toFixed(0), (scan / bare).toFixed(2));
    printRow('scan again, with its index', again.toFixed(0), (again / bare).toFixed(2));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Ten names for each drawn picture: the files are read and decoded all the same. */
async function multiplySample(root: string, folder: string): Promise<string[]> {
  const drawn = path.join(root, 'drawn');
  const { classes } = await drawSample(drawn, { images: DRAWN_COUNT });
  const files: string[] = [];
  for (const name of classes) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (const file of await readdir(path.join(drawn, name))) {
      for (let copy = 0; copy < IMAGE_COUNT / DRAWN_COUNT; copy++) {
        const target = path.join(folder, name, `${copy}-${file}`);
        await link(path.join(drawn, name, file), target);
        files.push(target);
      }
    }
  }
  return files;
}

async function decodeBare(files: readonly string[]): Promise<void> {
  await forEachBounded(files, 2 * availableParallelism() + 4, undefined, async (file) => {
    await sharp(file).raw().toBuffer();
  });
}

async function rateOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return IMAGE_COUNT / ((performance.now() - startMs) / 1000);
}

function printRow(name: string, rate: string, ratio: string): void {
  console.log(`${name.padEnd(28)}${rate.padStart(10)}${ratio.padStart(20)}`);
}
