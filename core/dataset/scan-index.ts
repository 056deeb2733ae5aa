import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { READER_VERSION } from './image-reader.ts';

/** What a scan found out about one file, and the file it belongs to: the same path, size and time of change. */
const scannedFileSchema = z.object({
  path: z.string(),
  sizeBytes: z.number(),
  mtimeMs: z.number(),
  width: z.number(),
  height: z.number(),
  contentHash: z.string(),
  perceptualHash: z.string(),
});
const indexSchema = z.object({
  version: z.literal(READER_VERSION),
  folder: z.string(),
  files: z.array(scannedFileSchema),
});

/** See {@link ScanIndex}. */
export type ScannedFile = Readonly<z.infer<typeof scannedFileSchema>>;

/** A file changed this shortly before it was read may change again within the same time stamp. */
const SETTLED_MS = 2000;

/**
 * Remembers between scans what was found in files that have not changed since, by size and time of change.
 * Deletable at any time; a damaged index is passed over.
 */
export class ScanIndex {
  private readonly file: string;
  private readonly folder: string;
  private readonly known: ReadonlyMap<string, ScannedFile>;
  private readonly current: ScannedFile[] = [];
  private hasNews = false;

  private constructor(file: string, folder: string, known: ReadonlyMap<string, ScannedFile>) {
    this.file = file;
    this.folder = folder;
    this.known = known;
  }

  /**
   * @param indexFolder - Where indexes are kept.
   * @param folder - The dataset's, absolute.
   */
  static async open(indexFolder: string, folder: string): Promise<ScanIndex> {
    const name = `scan-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}.json`;
    const file = path.join(indexFolder, name);
    return new ScanIndex(file, folder, await readKnownFiles(file, folder));
  }

  /** What is known of a file that has this size and time of change; null where it has to be read. */
  find(filePath: string, sizeBytes: number, mtimeMs: number): ScannedFile | null {
    const found = this.known.get(filePath);
    return found?.sizeBytes === sizeBytes && found.mtimeMs === mtimeMs ? found : null;
  }

  /** Keeps what a file is known to be for the next scan. */
  add(scanned: ScannedFile): void {
    if (Date.now() - scanned.mtimeMs < SETTLED_MS) return;
    this.current.push(scanned);
    if (!this.find(scanned.path, scanned.sizeBytes, scanned.mtimeMs)) this.hasNews = true;
  }

  /** Writes the index, where it changed; failing to is no failure of the scan. */
  async save(): Promise<void> {
    if (!this.hasNews && this.current.length === this.known.size) return;
    const partial = `${this.file}.partial-${randomBytes(4).toString('hex')}`;
    const index = { version: READER_VERSION, folder: this.folder, files: this.current };
    try {
      await mkdir(path.dirname(this.file), { recursive: true });
      await writeFile(partial, JSON.stringify(index));
      await rename(partial, this.file);
    } catch {
      await rm(partial, { force: true }).catch(() => {});
    }
  }
}

async function readKnownFiles(file: string, folder: string): Promise<ReadonlyMap<string, ScannedFile>> {
  try {
    const index = indexSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    if (index.folder !== folder) return new Map();
    return new Map(index.files.map((scanned) => [scanned.path, scanned]));
  } catch {
    return new Map();
  }
}
