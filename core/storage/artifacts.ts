import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../base/durable-file.ts';
import { InvalidInputError, UpdateFinishedTrialError } from '../base/errors.ts';
import { parsePythonJson, toPythonJson } from '../base/python-json.ts';
import { type FrozenTrial, isFinished } from '../study/frozen-trial.ts';
import type { Storage } from './base.ts';
import { fromFileError } from './storage-failures.ts';

/** What is kept of a file beside its content. Optuna: `ArtifactMeta`. */
export interface ArtifactMeta {
  /** A UUID, and the name of the file in the artifact folder. */
  readonly artifactId: string;
  /** The name that people see, such as `checkpoint.safetensors`. */
  readonly filename: string;
  readonly mimetype: string;
  /** `gzip` and the like, or null. */
  readonly encoding: string | null;
}

/** How to store a file. */
export interface NewArtifact {
  readonly filename: string;
  readonly mimetype: string;
  /** Replaces the content of this artifact instead of adding another, as a checkpoint does each epoch. */
  readonly artifactId?: string;
}

/** What to store: bytes, or a file that is copied. */
export type ArtifactContent = Uint8Array | { readonly path: string };

const ATTRIBUTE_PREFIX = 'artifacts:';
const ARTIFACT_ID = /^[0-9a-zA-Z][0-9a-zA-Z_-]*$/;

/**
 * Keep a file with an unfinished trial, in the layout of Optuna's `FileSystemArtifactStore`.
 *
 * The content is on the disk, whole, before the trial names it: a kill leaves at most a file that nobody names.
 *
 * @param folder the artifact folder; made where it is missing.
 * @throws {NotFoundError} @throws {UpdateFinishedTrialError} @throws {StorageError}
 */
export async function storeArtifact(
  storage: Storage,
  trialId: number,
  folder: string,
  artifact: NewArtifact,
  content: ArtifactContent,
): Promise<ArtifactMeta> {
  const trial = await storage.getTrial(trialId);
  if (isFinished(trial.state)) throw new UpdateFinishedTrialError(trialId);
  const { filename, mimetype, artifactId = randomUUID() } = artifact;
  const file = artifactPath(folder, artifactId);
  await writeWhole(folder, file, content);
  const attribute = { artifact_id: artifactId, filename, mimetype, encoding: null };
  // Optuna keeps the JSON as a string inside the attribute's JSON.
  await storage.setTrialSystemAttr(trialId, `${ATTRIBUTE_PREFIX}${artifactId}`, toPythonJson(attribute));
  return { artifactId, filename, mimetype, encoding: null };
}

/** The artifacts of a trial, without those that were deleted. Optuna: `get_all_artifact_meta`. */
export function listArtifacts(trial: FrozenTrial): ArtifactMeta[] {
  const artifacts: ArtifactMeta[] = [];
  for (const [key, value] of Object.entries(trial.systemAttrs)) {
    if (!key.startsWith(ATTRIBUTE_PREFIX) || typeof value !== 'string') continue;
    const attribute = parsePythonJson(value) as Readonly<Record<string, string | null>> | null;
    // The dashboard writes null over an artifact that it deletes.
    if (attribute === null) continue;
    const { artifact_id: artifactId, filename, mimetype, encoding } = attribute;
    artifacts.push({
      artifactId: artifactId ?? key.slice(ATTRIBUTE_PREFIX.length),
      filename: filename ?? '',
      mimetype: mimetype ?? 'application/octet-stream',
      encoding: encoding ?? null,
    });
  }
  return artifacts;
}

/**
 * The file of an artifact.
 *
 * @throws {InvalidInputError} where the id is no plain name: it may come from a file that somebody else made, and
 *   must not lead out of the folder.
 */
export function artifactPath(folder: string, artifactId: string): string {
  if (!ARTIFACT_ID.test(artifactId))
    throw new InvalidInputError(
      'artifact',
      `The artifact id '${artifactId}' may consist of letters, digits, - and _.`,
    );
  return join(folder, artifactId);
}

async function writeWhole(folder: string, file: string, content: ArtifactContent): Promise<void> {
  let neededBytes = 0;
  try {
    await mkdir(folder, { recursive: true });
    const bytes = content instanceof Uint8Array ? content : await readFile(content.path);
    neededBytes = bytes.byteLength;
    writeFileDurably(file, [bytes]);
  } catch (error) {
    throw fromFileError(error, file, neededBytes);
  }
}
