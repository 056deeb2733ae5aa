import { readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HoneError } from '../base/errors.ts';
import type { Backend } from './backends/base.ts';
import { createWasmBackend } from './backends/wasm/wasm-backend.ts';
import type { TrialJob } from './protocol.ts';
import { decodeSafetensors } from './safetensors.ts';
import { TrainingError } from './trial-control.ts';
import { CHECKPOINT_FILE, PREDICTIONS_FILE, type PredictionsFile } from './trial-files.ts';
import { evaluateTrial, runTrial } from './trial-loop.ts';
import { ControlUnderTest, JobUnderTest, patternImages } from './trial.fixture.ts';

const source = patternImages();
let backend: Backend;
beforeAll(async () => {
  backend = await createWasmBackend();
});
afterAll(() => {
  backend.dispose();
});
afterEach(() => {
  const left = tf.memory().numTensors;
  tf.disposeVariables();
  if (left > 0) throw new Error(`${left} tensors were left behind`);
});

/** Everything that a resumed trial must have in common with an uninterrupted one: weights, buffers, metrics. */
function finalState(job: TrialJob) {
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(job.folder, CHECKPOINT_FILE)));
  const progress = JSON.parse(metadata['hone_progress'] ?? 'null', (key, value: unknown) =>
    key.endsWith('Ms') ? undefined : value,
  ) as unknown;
  return { tensors, progress, optimizerStep: metadata['optimizer_step'] };
}

async function failureOf(run: Promise<unknown>): Promise<TrainingError> {
  const error = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TrainingError) return error;
  throw new Error(`no TrainingError: ${String(error)}`);
}

describe('runTrial', () => {
  test('learns, reports every epoch, and keeps the predictions of the best', async () => {
    using trial = new JobUnderTest(6, { lr: 1e-2 });
    const control = new ControlUnderTest();
    const outcome = await runTrial(backend, () => source, trial.job, control);
    expect(control.values).toHaveLength(6);
    const best = Math.max(...control.values);
    expect(best).toBeGreaterThan(1.9);
    expect(outcome).toEqual({ type: 'finished', bestEpoch: control.values.indexOf(best) });

    const last = control.epochs.at(-1);
    expect(last).toMatchObject({ epoch: 5, lr: 1e-2, validation: { imageCount: 24 } });
    expect(control.epochs[0]?.trainLoss).toBeGreaterThan(last?.trainLoss ?? Infinity);
    expect(control.batches).toBe(6 * 5);

    const text = readFileSync(join(trial.job.folder, PREDICTIONS_FILE), 'utf8');
    const predictions = JSON.parse(text) as PredictionsFile;
    const correct = predictions.images.filter((each) => each.label === each.predicted).length;
    expect(predictions.epoch).toBe(control.values.indexOf(best));
    expect(predictions.images.map((each) => each.image)).toEqual(source.split.validation);
    expect(correct / 24).toBe(control.epochs[predictions.epoch]?.validation.accuracy);
    for (const { probabilities } of predictions.images) {
      expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 3);
    }
  });

  test('stays poor with a learning rate of 1e-5', async () => {
    using trial = new JobUnderTest(3, { lr: 1e-5 });
    const control = new ControlUnderTest();
    await runTrial(backend, () => source, trial.job, control);
    expect(Math.max(...control.values)).toBeLessThan(1.6);
  });

  test('stops where it is pruned', async () => {
    using trial = new JobUnderTest(6, {});
    const control = new ControlUnderTest((epoch) => (epoch === 1 ? 'prune' : 'continue'));
    expect((await runTrial(backend, () => source, trial.job, control)).type).toBe('finished');
    expect(control.values).toHaveLength(2);
  });

  test('minimises where it is asked to', async () => {
    using trial = new JobUnderTest(4, { lr: 3e-3 }, { objective: 'loss', direction: 'minimize' });
    const control = new ControlUnderTest();
    const outcome = await runTrial(backend, () => source, trial.job, control);
    const losses = control.epochs.map((epoch) => epoch.validation.loss);
    expect(control.values).toEqual(losses);
    expect(outcome).toEqual({ type: 'finished', bestEpoch: losses.indexOf(Math.min(...losses)) });
  });

  test('keeps no tensor and no memory from epoch to epoch', async () => {
    using trial = new JobUnderTest(5, { model: 'mobilenet_v3_small', image_size: '16x16' });
    const counts: number[] = [];
    const control = new ControlUnderTest(() => {
      counts.push(tf.memory().numTensors, tf.memory().numBytes, backend.heapBytes() ?? -1);
      return 'continue';
    });
    await runTrial(backend, () => source, trial.job, control);
    const byEpoch = Array.from({ length: 5 }, (_, epoch) => counts.slice(3 * epoch, 3 * epoch + 3));
    for (const later of byEpoch.slice(2)) expect(later).toEqual(byEpoch[1]);
  });
});

describe('a resumed trial equals an uninterrupted one, bit for bit', () => {
  const everything = {
    lr: 3e-3,
    batch_size: 7,
    dropout: 0.3,
    flip: 'both',
    shift: 0.2,
    crop: 0.3,
    schedule: 'warmup_cosine',
    label_smoothing: 0.1,
  };

  test.each([
    ['cnn', 'SGD', { momentum: 0.9, nesterov: true }],
    ['cnn', 'AdamW', {}],
    ['cnn', 'RMSprop', { momentum: 0.5 }],
    ['mobilenet_v3_small', 'Adam', {}],
  ] as const)('%s with %s, interrupted after some batches', async (model, optimizer, more) => {
    const params = { ...everything, ...more, model, optimizer };
    using whole = new JobUnderTest(3, params);
    using broken = new JobUnderTest(3, params);
    const expected = new ControlUnderTest();
    await runTrial(backend, () => source, whole.job, expected);

    // 72 images in batches of 7: 11 an epoch. Every interruption falls at another place of an epoch, the third
    // on its last batch, so that training is done and validation is not.
    const values: number[] = [];
    for (const batches of [4, 3, 4, 13]) {
      const control = new ControlUnderTest(undefined, batches);
      const outcome = await runTrial(backend, () => source, broken.resumed(values.length), control);
      expect(outcome.type).toBe('interrupted');
      values.push(...control.values);
    }
    const rest = new ControlUnderTest();
    const outcome = await runTrial(backend, () => source, broken.resumed(values.length), rest);
    expect(outcome.type).toBe('finished');
    expect([...values, ...rest.values]).toEqual(expected.values);
    expect(finalState(broken.job)).toEqual(finalState(whole.job));
  });

  test('stopped after each epoch', async () => {
    using whole = new JobUnderTest(3, everything);
    using broken = new JobUnderTest(3, everything);
    const expected = new ControlUnderTest();
    await runTrial(backend, () => source, whole.job, expected);
    const values: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const control = new ControlUnderTest(() => 'interrupt');
      await runTrial(backend, () => source, broken.resumed(epoch), control);
      values.push(...control.values);
    }
    expect(values).toEqual(expected.values);
    expect(finalState(broken.job)).toEqual(finalState(whole.job));
  });

  test('reports again what the checkpoint holds and the engine does not', async () => {
    using trial = new JobUnderTest(3, everything);
    const first = new ControlUnderTest();
    await runTrial(backend, () => source, trial.job, first);
    const again = new ControlUnderTest();
    await runTrial(backend, () => source, trial.resumed(1), again);
    expect(again.values).toEqual(first.values.slice(1));
    expect(again.epochs).toEqual(first.epochs.slice(1));
    expect(again.batches).toBe(0);
  });

  test('starts over where the checkpoint is cut short, and reports only what is not known', async () => {
    using trial = new JobUnderTest(3, everything);
    const first = new ControlUnderTest((epoch) => (epoch === 1 ? 'interrupt' : 'continue'));
    await runTrial(backend, () => source, trial.job, first);
    truncateSync(join(trial.job.folder, CHECKPOINT_FILE), 3000);
    const again = new ControlUnderTest();
    await runTrial(backend, () => source, trial.resumed(2), again);
    expect(again.warnings.join()).toMatch(/checkpoint\.safetensors cannot be used: .*Trial 3 starts over\.$/);
    using whole = new JobUnderTest(3, everything);
    const expected = new ControlUnderTest();
    await runTrial(backend, () => source, whole.job, expected);
    expect([...first.values, ...again.values]).toEqual(expected.values);
  });

  test('takes no notice of the checkpoint of another trial', async () => {
    using trial = new JobUnderTest(2, everything);
    await runTrial(backend, () => source, { ...trial.job, seed: 6 }, new ControlUnderTest());
    const control = new ControlUnderTest();
    await runTrial(backend, () => source, trial.job, control);
    expect(control.warnings).toEqual([]);
    expect(control.batches).toBe(22);
  });
});

describe('runTrial fails', () => {
  test('with the epoch and the learning rate where the loss is not a number', async () => {
    using trial = new JobUnderTest(3, { optimizer: 'SGD', lr: 10, weight_decay: 10 });
    const { failure } = await failureOf(runTrial(backend, () => source, trial.job, new ControlUnderTest()));
    expect(failure.code).toBe('not-a-number');
    expect(failure.message).toMatch(
      /^The (training|validation) loss is (NaN|Infinity) in epoch \d of 3.*: the learning rate 10 is likely too high for SGD\.$/,
    );
  });

  test('where the objective is not a number', async () => {
    using trial = new JobUnderTest(1, {}, { objective: 'accuracy / (recall - recall)' });
    const { failure } = await failureOf(runTrial(backend, () => source, trial.job, new ControlUnderTest()));
    expect(failure.code).toBe('not-a-number');
    expect(failure.message).toMatch(
      /^The objective accuracy \/ \(recall - recall\) is .* in epoch 1 of 1: it divides by a metric, or a difference of metrics, that is 0\.$/,
    );
  });

  test('where the disk is full', async () => {
    using trial = new JobUnderTest(1, {});
    symlinkSync('/dev/full', join(trial.job.folder, `${CHECKPOINT_FILE}.new`));
    const { failure } = await failureOf(runTrial(backend, () => source, trial.job, new ControlUnderTest()));
    expect(failure.code).toBe('disk-full');
    expect(failure.message).toMatch(
      /^No space is left for .*checkpoint\.safetensors, which needs \d+ bytes\.$/,
    );
  });

  test('where the backend runs out of memory', async () => {
    using trial = new JobUnderTest(1, {});
    const full: Backend = {
      ...backend,
      runStep: () => {
        throw new HoneError('out-of-memory', 'no room');
      },
    };
    const { failure } = await failureOf(runTrial(full, () => source, trial.job, new ControlUnderTest()));
    expect(failure).toEqual({
      code: 'out-of-memory',
      message: 'Training ran out of memory with batch size 16 at 16x16: no room',
    });
  });

  test('where the decoded images have another size', async () => {
    using trial = new JobUnderTest(1, { image_size: '16x32' });
    const { failure } = await failureOf(runTrial(backend, () => source, trial.job, new ControlUnderTest()));
    expect(failure.message).toBe('The decoded images are 16x16, but trial 3 needs 16x32.');
  });
});

describe('evaluateTrial', () => {
  test('scores the test part with the weights of the best epoch', async () => {
    using trial = new JobUnderTest(4, { lr: 3e-3, model: 'mobilenet_v3_small' });
    const control = new ControlUnderTest();
    const outcome = await runTrial(backend, () => source, trial.job, control);
    const bestEpoch = outcome.type === 'finished' ? (outcome.bestEpoch ?? -1) : -1;
    // With the validation images in place of the test part, the best epoch's numbers come out again.
    const swapped = { ...source, split: { ...source.split, test: source.split.validation } };
    expect(await evaluateTrial(backend, () => swapped, trial.job)).toEqual(
      control.epochs[bestEpoch]?.validation,
    );
    expect((await evaluateTrial(backend, () => source, trial.job)).imageCount).toBe(24);
  });

  test('fails where there is no checkpoint', async () => {
    using trial = new JobUnderTest(1, {});
    const { failure } = await failureOf(evaluateTrial(backend, () => source, trial.job));
    expect(failure.code).toBe('checkpoint');
  });
});
