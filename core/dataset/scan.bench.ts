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
 * Prints images a second and CPU time an image, each beside that of bare decoding.
 */
export async function run(): Promise<void> {
  const root = await mkdtemp(path.join(tmpdir(), 'hone-scan-bench-'));
  try {
    const folder = path.join(root, 'images');
    const files = await multiplySample(root, folder);
    const indexFolder = path.join(root, 'index');
    const runs = { bare: [] as Cost[], scan: [] as Cost[] };
    for (let round = 0; round < ROUNDS; round++) {
      runs.bare.push(await costOf(() => decodeBare(files)));
      runs.scan.push(await costOf(() => scanDataset(folder, round === ROUNDS - 1 ? { indexFolder } : {})));
    }
    const again = await costOf(() => scanDataset(folder, { indexFolder }));
    const bare = bestOf(runs.bare);
    printRow('', 'images/s', 'ratio', 'CPU ms/image', 'ratio');
    printCost('sharp, decoding only', bare, bare);
    printCost('scan', bestOf(runs.scan), bare);
    printCost('scan again, with its index', again, bare);
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

/** What one run took. */
interface Cost {
  readonly imagesPerSecond: number;
  /** Of all threads; less at the mercy of what else the machine does. */
  readonly cpuMsPerImage: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(startCpu);
  return {
    imagesPerSecond: IMAGE_COUNT / ((performance.now() - startMs) / 1000),
    cpuMsPerImage: (user + system) / 1000 / IMAGE_COUNT,
  };
}

function bestOf(costs: readonly Cost[]): Cost {
  return {
    imagesPerSecond: Math.max(...costs.map((cost) => cost.imagesPerSecond)),
    cpuMsPerImage: Math.min(...costs.map((cost) => cost.cpuMsPerImage)),
  };
}

function printCost(name: string, cost: Cost, yardstick: Cost): void {
  const rateRatio = cost.imagesPerSecond / yardstick.imagesPerSecond;
  const cpuRatio = cost.cpuMsPerImage / yardstick.cpuMsPerImage;
  const figures = [cost.imagesPerSecond.toFixed(0), rateRatio.toFixed(2), cost.cpuMsPerImage.toFixed(3)];
  printRow(name, ...figures, cpuRatio.toFixed(2));
}

function printRow(name: string, ...figures: readonly string[]): void {
  console.log(`${name.padEnd(28)}${figures.map((figure) => figure.padStart(14)).join('')}`);
}
