import { expect, it } from 'vitest';
import { DuplicatedStudyError, InvalidInputError, NotFoundError } from '../../base/errors.ts';
import type { Connections } from './connections.ts';

/** Studies: names, directions, attributes, deletion. */
export function declareStudyContract(connections: () => Connections): void {
  it('creates a study and finds it by name and id', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize', 'maximize'], 'größe 株 🙂');
    expect(await other.getStudyIdFromName('größe 株 🙂')).toBe(studyId);
    expect(await other.getStudy(studyId)).toEqual({
      studyId,
      studyName: 'größe 株 🙂',
      directions: ['minimize', 'maximize'],
      userAttrs: {},
      systemAttrs: {},
    });
  });

  it('keeps the order of five directions', async () => {
    const { storage, other } = connections();
    const directions = ['maximize', 'minimize', 'minimize', 'maximize', 'minimize'] as const;
    const studyId = await storage.createStudy(directions, 'five');
    expect((await other.getStudy(studyId)).directions).toEqual(directions);
  });

  it('lists studies by id', async () => {
    const { storage, other } = connections();
    for (const name of ['c', 'a', 'b']) await storage.createStudy(['minimize'], name);
    expect((await other.getAllStudies()).map((study) => study.studyName)).toEqual(['c', 'a', 'b']);
  });

  it('refuses a second study of the same name', async () => {
    const { storage, other } = connections();
    await storage.createStudy(['minimize'], 'once');
    await expect(other.createStudy(['maximize'], 'once')).rejects.toThrow(DuplicatedStudyError);
    expect(await storage.getAllStudies()).toHaveLength(1);
  });

  it('refuses a study without directions or with a name that Optuna has no room for', async () => {
    const { storage } = connections();
    await expect(storage.createStudy([], 'none')).rejects.toThrow(InvalidInputError);
    await expect(storage.createStudy(['minimize'], '')).rejects.toThrow(InvalidInputError);
    await expect(storage.createStudy(['minimize'], 'x'.repeat(513))).rejects.toThrow(InvalidInputError);
    expect(await storage.getAllStudies()).toEqual([]);
  });

  it('says which study is not there', async () => {
    const { storage } = connections();
    await expect(storage.getStudyIdFromName('nobody')).rejects.toThrow(NotFoundError);
    await expect(storage.getStudy(99)).rejects.toThrow(NotFoundError);
    await expect(storage.deleteStudy(99)).rejects.toThrow(NotFoundError);
    await expect(storage.setStudyUserAttr(99, 'key', 1)).rejects.toThrow(NotFoundError);
    await expect(storage.setStudySystemAttr(99, 'key', 1)).rejects.toThrow(NotFoundError);
    await expect(storage.createTrial(99)).rejects.toThrow(NotFoundError);
    await expect(storage.popWaitingTrial(99)).rejects.toThrow(NotFoundError);
    await expect(storage.getAllTrials(99)).rejects.toThrow(NotFoundError);
  });

  it('keeps attributes of every JSON type, replaces them, and keeps user and system apart', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'attrs');
    const value = {
      list: [1, 2.5, null, true],
      text: 'é\u0000"\\🙂',
      nested: { a: { b: [] } },
      big: 2 ** 60,
    };
    await storage.setStudyUserAttr(studyId, 'key', 'first');
    await storage.setStudyUserAttr(studyId, 'key', value);
    await storage.setStudyUserAttr(studyId, '__proto__', 'a key like any other');
    await storage.setStudyUserAttr(studyId, 'not finite', [Number.NaN, Infinity, -Infinity]);
    await storage.setStudySystemAttr(studyId, 'key', 'system');
    const study = await other.getStudy(studyId);
    expect(Object.entries(study.userAttrs)).toEqual([
      ['key', value],
      ['__proto__', 'a key like any other'],
      ['not finite', [Number.NaN, Infinity, -Infinity]],
    ]);
    expect(study.systemAttrs).toEqual({ key: 'system' });
    expect(await other.getAllStudies()).toEqual([study]);
  });

  it('does not share attribute values with its caller', async () => {
    const { storage } = connections();
    const studyId = await storage.createStudy(['minimize'], 'attrs');
    const value = [1, 2];
    await storage.setStudyUserAttr(studyId, 'key', value);
    value.push(3);
    expect((await storage.getStudy(studyId)).userAttrs).toEqual({ key: [1, 2] });
  });

  it('deletes a study with its trials and nothing else', async () => {
    const { storage, other } = connections();
    const keptId = await storage.createStudy(['minimize'], 'kept');
    const goneId = await storage.createStudy(['minimize'], 'gone');
    const kept = await storage.createTrial(keptId);
    const gone = await storage.createTrial(goneId);
    await storage.setTrialUserAttr(gone.trialId, 'key', 1);
    await storage.setTrialIntermediateValue(gone.trialId, 0, 1);
    await storage.setTrialStateValues(gone.trialId, 'COMPLETE', [1]);
    await other.getAllTrials(goneId);
    await storage.deleteStudy(goneId);
    await expect(other.getAllTrials(goneId)).rejects.toThrow(NotFoundError);
    await expect(other.getTrial(gone.trialId)).rejects.toThrow(NotFoundError);
    await expect(other.getStudyIdFromName('gone')).rejects.toThrow(NotFoundError);
    expect((await other.getAllTrials(keptId)).map((trial) => trial.trialId)).toEqual([kept.trialId]);
  });

  it('does not mistake a new study of the same name for the deleted one', async () => {
    const { storage, other } = connections();
    const oldId = await storage.createStudy(['minimize'], 'again');
    const old = await storage.createTrial(oldId);
    await storage.setTrialUserAttr(old.trialId, 'from', 'old');
    await storage.setTrialStateValues(old.trialId, 'COMPLETE', [1]);
    expect(await other.getAllTrials(oldId)).toHaveLength(1);
    await storage.deleteStudy(oldId);
    const newId = await storage.createStudy(['minimize'], 'again');
    expect(await other.getAllTrials(newId)).toEqual([]);
    const fresh = await storage.createTrial(newId);
    await storage.setTrialStateValues(fresh.trialId, 'COMPLETE', [2]);
    const [trial] = await other.getAllTrials(newId);
    expect(trial).toMatchObject({ number: 0, values: [2], userAttrs: {} });
  });
}
