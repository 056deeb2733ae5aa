import { expect, test } from 'vitest';
import { loadTrainingKernels, supportedBuild } from './module.ts';

const PAGE_BYTES = 65_536;

test.each(['relaxed', 'plain'] as const)(
  'the %s build leaves the memory that it is given as it is',
  (build) => {
    const memory = new WebAssembly.Memory({ initial: 16 });
    const bytes = new Uint8Array(memory.buffer).fill(0xa5);
    const kernels = loadTrainingKernels(memory, build);
    expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
    expect(bytes).toHaveLength(16 * PAGE_BYTES);

    // And it works in that memory: the ReLU of three floats, not touching what lies behind them.
    const floats = new Float32Array(memory.buffer, 0, 8);
    floats.set([-1, 2, 3, 9, 7, 7, 7, 7]);
    kernels.activationForward(0, 16, 3, 1);
    expect([...floats]).toEqual([-1, 2, 3, 9, 0, 2, 3, 7]);
  },
);

test('this Node runs the build with fused multiply-add', () => {
  expect(supportedBuild()).toBe('relaxed');
});
