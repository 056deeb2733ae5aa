/**
 * `npm run bench -- NAME`: runs one benchmark, or lists them.
 *
 * A benchmark prints figures beside a named yardstick, measured in the same run, and their ratio. It is no test:
 * it has no limit to fail at.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where each benchmark stands; every file exports `run()`. */
const BENCHMARKS: Readonly<Record<string, string>> = {
  training: 'training/training.bench.ts',
  scan: 'dataset/scan.bench.ts',
  storage: 'storage/storage.bench.ts',
  samplers: 'samplers/samplers.bench.ts',
};

const name = process.argv[2];
const file = name === undefined ? undefined : BENCHMARKS[name];
if (file === undefined || !existsSync(path.join(import.meta.dirname, file))) {
  const known = Object.keys(BENCHMARKS).join(', ');
  process.stderr.write(
    name === undefined
      ? `Usage: npm run bench -- NAME, one of: ${known}\n`
      : `No benchmark '${name}'; there are: ${known}\n`,
  );
  process.exitCode = 2;
} else {
  const benchmark = (await import(path.join(import.meta.dirname, file))) as { run: () => Promise<void> };
  await benchmark.run();
}
