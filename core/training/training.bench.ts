import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as tf from '@tensorflow/tfjs-core';
import { RandomState } from '../base/random-state.ts';
import type { Backend } from './backends/base.ts';
import { createWasmBackend } from './backends/wasm/wasm-backend.ts';
import { type ModelName, trainingConfig } from './config.ts';
import { createModel } from './models/create-model.ts';
import { trainStep } from './train-step.ts';

/** What is timed: a model at an input size. */
interface Workload {
  readonly model: ModelName;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** Median milliseconds of a step. Of a shared machine, CPU time says more. */
interface StepTime {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const MODELS: readonly ModelName[] = ['cnn', 'mobilenet_v3_small'];
const CLASSES = 10;
/** Interleaved, so that a change in the machine's speed meets both sides. */
const ROUNDS = 7;
const ROUND_SECONDS = 1;
const WARM_UP_STEPS = 3;

/**
 * Prints milliseconds per training step on one thread: beside PyTorch's at 64x64 and batch 32, in turns, where a
 * Python with torch and torchvision is found; alone at 40x80 and several batch sizes.
 */
export async function run(): Promise<void> {
  const backend = await createWasmBackend();
  console.log(`${backend.description}; Adam, one thread; milliseconds per step`);
  const python = findPython();
  if (python === null) {
    console.log('No Python with torch and torchvision (set HONE_PYTHON): no ratio to PyTorch.');
  } else {
    await compareWithPyTorch(backend, python);
  }
  console.log('\n                               wall      CPU     heap MB   process MB');
  for (const model of MODELS) {
    for (const batch of [1, 8, 128]) {
      const time = measure(backend, { model, batch, height: 40, width: 80 }, 2 * ROUND_SECONDS);
      const label = `${model} 40x80 b${batch}`.padEnd(26);
      const heap = megabytes(backend.heapBytes() ?? 0);
      const memory = megabytes(process.memoryUsage.rss());
      console.log(`${label}${columns(time.wallMs, time.cpuMs)}${heap}${memory}`);
    }
  }
  backend.dispose();
}

async function compareWithPyTorch(backend: Backend, python: string): Promise<void> {
  const torch = await TorchProcess.start(python);
  console.log(`beside PyTorch ${torch.version}; medians of ${ROUNDS} rounds in turns`);
  console.log(
    '\n                            hone wall  torch wall  ratio (lowest to highest)   ratio of CPU time',
  );
  for (const model of MODELS) {
    const workload = { model, batch: 32, height: 64, width: 64 };
    const pairs: { hone: StepTime; torch: StepTime }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      pairs.push({
        hone: measure(backend, workload, ROUND_SECONDS),
        torch: await torch.measure(workload, ROUND_SECONDS),
      });
    }
    const ratios = pairs.map(({ hone, torch }) => hone.wallMs / torch.wallMs);
    const cpuRatio = median(pairs.map(({ hone, torch }) => hone.cpuMs / torch.cpuMs));
    const walls = columns(median(pairs.map((p) => p.hone.wallMs)), median(pairs.map((p) => p.torch.wallMs)));
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const label = `${model} 64x64 b32`.padEnd(26);
    console.log(
      `${label}${walls}       ${median(ratios).toFixed(2)} (${range})${cpuRatio.toFixed(2).padStart(22)}`,
    );
  }
  torch.stop();
}

/** Trains a fresh model on one batch for about `seconds`. */
function measure(backend: Backend, { model, batch, height, width }: Workload, seconds: number): StepTime {
  const config = trainingConfig({ model, dropout: 0 }, {}, 1);
  const network = createModel(backend.ops, config, CLASSES, new RandomState(1));
  const options = { name: 'Adam', weightDecay: 0, momentum: 0, nesterov: false } as const;
  const optimizer = backend.createOptimizer(options, network.parameters);
  const images = tf.randomNormal<tf.Rank.R4>([batch, height, width, 3], 0, 1, 'float32', 1);
  const labels = tf.tensor1d(
    Array.from({ length: batch }, (_, i) => i % CLASSES),
    'int32',
  );
  const step = { lr: 1e-3, labelSmoothing: 0, random: () => 0.5 };
  const wall: number[] = [];
  const cpu: number[] = [];
  const run = () => {
    const started = performance.now();
    const startedCpu = process.cpuUsage();
    trainStep(backend, network, optimizer, images, labels, step).dispose();
    const { user, system } = process.cpuUsage(startedCpu);
    cpu.push((user + system) / 1000);
    wall.push(performance.now() - started);
  };
  for (let i = 0; i < WARM_UP_STEPS; i++) run();
  wall.length = 0;
  cpu.length = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || wall.length < WARM_UP_STEPS) run();
  optimizer.dispose();
  network.dispose();
  tf.dispose([images, labels]);
  return { wallMs: median(wall), cpuMs: median(cpu) };
}

/** `training_bench.py`, waiting for work between rounds. */
class TorchProcess {
  readonly version: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    version: string,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.version = version;
  }

  static async start(python: string): Promise<TorchProcess> {
    const script = path.join(import.meta.dirname, 'training_bench.py');
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = JSON.parse(await nextLine(lines)) as { torch: string };
    return new TorchProcess(child, lines, ready.torch);
  }

  async measure({ model, batch, height, width }: Workload, seconds: number): Promise<StepTime> {
    this.#child.stdin.write(`${model} ${batch} ${height} ${width} ${seconds}\n`);
    return JSON.parse(await nextLine(this.#lines)) as StepTime;
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('The Python side of the benchmark ended early.');
  return value;
}

/** `$HONE_PYTHON`, `python3` or Debian's, the first that has torch and torchvision; null where none has. */
function findPython(): string | null {
  for (const python of [process.env['HONE_PYTHON'], 'python3', '/usr/bin/python3']) {
    if (python === undefined) continue;
    try {
      execFileSync(python, ['-c', 'import torch, torchvision'], { stdio: 'ignore' });
      return python;
    } catch {
      // Not there, or without torch: the next one.
    }
  }
  return null;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function columns(...values: readonly number[]): string {
  return values.map((value) => value.toFixed(value < 10 ? 2 : 1).padStart(10)).join('');
}

function megabytes(sizeBytes: number): string {
  return Math.round(sizeBytes / 2 ** 20)
    .toString()
    .padStart(11);
}
