/**
 * Compiles the training kernels: `npm run build:kernels`.
 *
 * Two builds of the same sources, `kernels-relaxed.wasm` with fused multiply-add and `kernels-plain.wasm` for
 * engines without relaxed SIMD; `module.ts` picks one at run time. Skipped where sources and compiler are unchanged.
 *
 * AssemblyScript puts decorators on functions, which is no TypeScript and which the formatter cannot read. The
 * sources therefore write them as comments alone on a line, `// @inline` and `// @external(…)`, and this build takes
 * the slashes away.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import compiler from 'assemblyscript/package.json' with { type: 'json' };

const SOURCE_FOLDER = join(import.meta.dirname, 'assembly');
const OUT_FOLDER = join(import.meta.dirname, 'out');
const STAMP_FILE = join(OUT_FOLDER, 'kernels.sha256');

const BUILDS = [
  { file: 'kernels-relaxed.wasm', options: ['--enable', 'relaxed-simd'] },
  { file: 'kernels-plain.wasm', options: [] },
];

/** No runtime, no stack, no memory of its own; nothing checked that JavaScript checks already. */
const FLAGS =
  '--runtime stub --importMemory --noExportMemory --use abort= -O3 --noAssert --enable simd --enable bulk-memory';

/** Ids of WebAssembly sections that would write into the heap at instantiation: data, data count. */
const DATA_SECTIONS = new Set([11, 12]);

function readSources(): Map<string, string> {
  const names = readdirSync(SOURCE_FOLDER).filter((name) => name.endsWith('.ts'));
  return new Map(names.sort().map((name) => [name, readFileSync(join(SOURCE_FOLDER, name), 'utf8')]));
}

function stampOf(sources: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256')
    .update(compiler.version)
    .update(readFileSync(import.meta.filename));
  for (const [name, text] of sources) hash.update(name).update('\0').update(text).update('\0');
  return hash.digest('hex');
}

function isUpToDate(stamp: string): boolean {
  try {
    for (const { file } of BUILDS) readFileSync(join(OUT_FOLDER, file));
    return readFileSync(STAMP_FILE, 'utf8') === stamp;
  } catch {
    return false;
  }
}

async function compile(
  sources: ReadonlyMap<string, string>,
  options: readonly string[],
): Promise<Uint8Array> {
  // Loaded here: it is large, and mostly there is nothing to compile.
  const { main } = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  let messages = '';
  const { error } = await main(['index.ts', '--outFile', 'out.wasm', ...FLAGS.split(' '), ...options], {
    readFile: (name) => sources.get(name)?.replace(/^\/\/ @(?=inline$|external\()/gm, '@') ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [...sources.keys()],
    stderr: {
      write: (chunk: Uint8Array | string) => {
        messages += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      },
    },
  });
  if (error || !binary)
    throw new Error(`The training kernels do not compile.\n${messages}`, { cause: error });
  return binary;
}

/** @throws {Error} where the module holds data: it would overwrite the heap of the backend it runs in. */
function checkNoData(binary: Uint8Array): void {
  let at = 8;
  while (at < binary.length) {
    const id = binary[at++] ?? 0;
    let size = 0;
    let shift = 0;
    let byte = 0;
    do {
      byte = binary[at++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte & 0x80);
    if (DATA_SECTIONS.has(id)) {
      throw new Error(
        'The training kernels have a data section, which would overwrite the static data of the heap they share. ' +
          'Use no library function with tables (Mathf.exp, Math.log), no strings and no static arrays.',
      );
    }
    at += size;
  }
}

const sources = readSources();
const stamp = stampOf(sources);
if (!isUpToDate(stamp)) {
  mkdirSync(OUT_FOLDER, { recursive: true });
  for (const { file, options } of BUILDS) {
    const binary = await compile(sources, options);
    checkNoData(binary);
    writeFileSync(join(OUT_FOLDER, file), binary);
    console.log(`${file}: ${binary.length} bytes`);
  }
  writeFileSync(STAMP_FILE, stamp);
}
