import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError, StorageError, UpdateFinishedTrialError } from '../base/errors.ts';
import { artifactPath, listArtifacts, storeArtifact } from './artifacts.ts';
import { InMemoryStorage } from './in-memory/in-memory-storage.ts';

describe('artifacts', () => {
  let folder: string;
  let artifacts: string;
  let storage: InMemoryStorage;
  let trialId: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hone-artifacts-'));
    artifacts = join(folder, 'artifacts');
    storage = new InMemoryStorage();
    ({ trialId } = await storage.createTrial(await storage.createStudy(['minimize'], 'study')));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const CHECKPOINT = { filename: 'größe.bin', mimetype: 'application/octet-stream' };

  it('stores bytes and files under their id, and lists them with the trial', async () => {
    const copied = join(folder, 'source.txt');
    await writeFile(copied, 'text');
    const first = await storeArtifact(storage, trialId, artifacts, CHECKPOINT, new Uint8Array([1, 2, 3]));
    const second = await storeArtifact(
      storage,
      trialId,
      artifacts,
      { filename: 'source.txt', mimetype: 'text/plain' },
      { path: copied },
    );
    expect([...(await readFile(artifactPath(artifacts, first.artifactId)))]).toEqual([1, 2, 3]);
    expect(await readFile(artifactPath(artifacts, second.artifactId), 'utf8')).toBe('text');
    expect(listArtifacts(await storage.getTrial(trialId))).toEqual([first, second]);
    expect((await readdir(artifacts)).sort()).toEqual([first.artifactId, second.artifactId].sort());
  });

  it('replaces the content of an artifact', async () => {
    const { artifactId } = await storeArtifact(storage, trialId, artifacts, CHECKPOINT, new Uint8Array([1]));
    await storeArtifact(storage, trialId, artifacts, { ...CHECKPOINT, artifactId }, new Uint8Array([2, 2]));
    expect(listArtifacts(await storage.getTrial(trialId))).toHaveLength(1);
    expect([...(await readFile(artifactPath(artifacts, artifactId)))]).toEqual([2, 2]);
  });

  it('writes the attribute that Optuna writes', async () => {
    const { artifactId } = await storeArtifact(storage, trialId, artifacts, CHECKPOINT, new Uint8Array());
    expect((await storage.getTrial(trialId)).systemAttrs).toEqual({
      [`artifacts:${artifactId}`]: `{"artifact_id": "${artifactId}", "filename": "gr\\u00f6\\u00dfe.bin", "mimetype": "application/octet-stream", "encoding": null}`,
    });
  });

  it('leaves out what the dashboard has deleted', async () => {
    await storage.setTrialSystemAttr(trialId, 'artifacts:gone', 'null');
    expect(listArtifacts(await storage.getTrial(trialId))).toEqual([]);
  });

  it('writes nothing for a finished trial', async () => {
    await storage.setTrialStateValues(trialId, 'FAIL');
    const stored = storeArtifact(storage, trialId, artifacts, CHECKPOINT, new Uint8Array([1]));
    await expect(stored).rejects.toThrow(UpdateFinishedTrialError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing behind where the source is missing', async () => {
    const stored = storeArtifact(storage, trialId, artifacts, CHECKPOINT, { path: join(folder, 'none') });
    await expect(stored).rejects.toThrow(StorageError);
    expect(await readdir(artifacts)).toEqual([]);
    expect((await storage.getTrial(trialId)).systemAttrs).toEqual({});
  });

  it.skipIf(process.platform !== 'linux')('says how many bytes a full disk lacks', async () => {
    const { artifactId } = await storeArtifact(storage, trialId, artifacts, CHECKPOINT, new Uint8Array([1]));
    await symlink('/dev/full', `${artifactPath(artifacts, artifactId)}.new`);
    const artifact = { ...CHECKPOINT, artifactId };
    const stored = storeArtifact(storage, trialId, artifacts, artifact, new Uint8Array(5000));
    await expect(stored).rejects.toMatchObject({
      reason: 'disk-full',
      message: expect.stringMatching(/at least 5,000 bytes are needed/),
    });
    expect([...(await readFile(artifactPath(artifacts, artifactId)))]).toEqual([1]);
  });

  it.each(['../secret', '', 'a/b', '..', '.hidden'])('does not follow the id %j', (artifactId) => {
    expect(() => artifactPath(artifacts, artifactId)).toThrow(InvalidInputError);
  });
});
