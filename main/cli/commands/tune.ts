import type { ExitCode } from '../exit-code.ts';
import { makeLibraryFolder } from '../options/storage-file.ts';
import { readTuneRequest, type TuneOptions } from '../options/tune-options.ts';
import { runStudy } from './run-study.ts';

/** `hone tune FOLDER`: run the study that the options describe, or carry it on. */
export async function tune(folder: string, options: TuneOptions): Promise<ExitCode> {
  const request = await readTuneRequest(folder, options);
  await makeLibraryFolder(request.storageFile);
  return runStudy(request, options);
}
