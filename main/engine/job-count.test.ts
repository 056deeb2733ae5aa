import { expect, test } from 'vitest';
import { chooseJobCount, machineResources } from './job-count.ts';

const GIB = 1024 ** 3;

test.each([
  ['a job a core', null, 100, { cores: 8, memoryBytes: 64 * GIB }, 8],
  ['as many as memory holds', null, 100, { cores: 8, memoryBytes: 2 * GIB }, 2],
  ['one at least', null, 100, { cores: 8, memoryBytes: GIB / 4 }, 1],
  ['no more than trials are left', null, 3, { cores: 8, memoryBytes: 64 * GIB }, 3],
  ['what was asked for, whatever the machine has', 6, 100, { cores: 2, memoryBytes: GIB }, 6],
  ['no more than trials are left of what was asked for', 6, 2, { cores: 2, memoryBytes: GIB }, 2],
])('jobs: %s', (_, asked, trialsLeft, resources, expected) => {
  expect(chooseJobCount(asked, trialsLeft, resources)).toBe(expected);
});

test('the machine has a core and memory', () => {
  expect(machineResources().cores).toBeGreaterThanOrEqual(1);
  expect(machineResources().memoryBytes).toBeGreaterThan(GIB / 16);
});
