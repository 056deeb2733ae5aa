import { expect, it } from 'vitest';
import { InvalidInputError } from '../../base/errors.ts';
import { CategoricalDistribution } from '../../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../../distributions/float-distribution.ts';
import { IntDistribution } from '../../distributions/int-distribution.ts';
import type { TrialParam } from '../base.ts';
import type { Connections } from './connections.ts';
import { CHOICES, EXTERNALS, PARAMS } from './sample-trial.ts';

/** Parameters of a trial. */
export function declareParamContract(connections: () => Connections): void {
  it('writes parameters in the order of suggestion, with study attributes', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await storage.setTrialParams(trialId, PARAMS.slice(0, 2), { state: { position: 1 } });
    await storage.setTrialParams(trialId, PARAMS.slice(2), { state: { position: 2 }, more: 'x' });
    const trial = await other.getTrial(trialId);
    expect(trial.params).toEqual(EXTERNALS);
    expect([...trial.distributions]).toEqual(PARAMS.map((param) => [param.name, param.distribution]));
    expect((await other.getStudy(studyId)).systemAttrs).toEqual({ state: { position: 2 }, more: 'x' });
  });

  it.each(CHOICES.choices.map((choice, index) => [choice, index] as const))(
    'gives the choice %s back as it was',
    async (choice, index) => {
      const { storage, other } = connections();
      const studyId = await storage.createStudy(['minimize'], 'study');
      const { trialId } = await storage.createTrial(studyId);
      await storage.setTrialParams(trialId, [{ name: 'c', internalValue: index, distribution: CHOICES }]);
      const trial = await other.getTrial(trialId);
      expect(trial.params.c).toBe(choice);
      expect(trial.distributions.get('c')).toEqual(CHOICES);
    },
  );

  it('leaves a parameter as it is that the trial has already', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    const distribution = new FloatDistribution(0, 1);
    await storage.setTrialParams(trialId, [{ name: 'x', internalValue: 0.25, distribution }]);
    await storage.setTrialParams(trialId, [
      { name: 'x', internalValue: 0.75, distribution: new FloatDistribution(0, 2) },
      { name: 'y', internalValue: 0.5, distribution },
    ]);
    const trial = await other.getTrial(trialId);
    expect(trial.params).toEqual({ x: 0.25, y: 0.5 });
    expect(trial.distributions.get('x')).toEqual(distribution);
  });

  it('lets bounds change, but neither kind nor choices, and then writes nothing', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const first = await storage.createTrial(studyId);
    await storage.setTrialParams(first.trialId, PARAMS);
    const { trialId } = await other.createTrial(studyId);
    const wider = { name: 'zeta', internalValue: 5, distribution: new FloatDistribution(-10, 10) };
    await other.setTrialParams(trialId, [wider]);
    const ok = { name: 'new', internalValue: 1, distribution: new FloatDistribution(0, 1) };
    const bad: TrialParam[] = [
      { name: 'zeta', internalValue: 0, distribution: new IntDistribution(0, 1) },
      { name: 'log', internalValue: 1, distribution: new FloatDistribution(0, 1) },
      { name: 'alpha', internalValue: 0, distribution: new CategoricalDistribution(['é']) },
      { name: 'alpha', internalValue: 0, distribution: new FloatDistribution(0, 1) },
    ];
    const { trialId: third } = await other.createTrial(studyId);
    for (const param of bad) {
      const written = other.setTrialParams(third, [ok, param], { written: true });
      await expect(written).rejects.toThrow(InvalidInputError);
    }
    expect((await storage.getTrial(third)).params).toEqual({});
    expect((await storage.getTrial(trialId)).params).toEqual({ zeta: 5 });
    expect((await storage.getStudy(studyId)).systemAttrs).toEqual({});
  });

  it('keeps names that mean something to JavaScript', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    const distribution = new FloatDistribution(0, 1);
    const names = ['__proto__', 'constructor', 'toString', '7', ''];
    await storage.setTrialParams(
      trialId,
      names.map((name) => ({ name, internalValue: 0.5, distribution })),
    );
    const trial = await other.getTrial(trialId);
    expect([...trial.distributions.keys()]).toEqual(names);
    expect(Object.keys(trial.params).sort()).toEqual([...names].sort());
  });
}
