import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Logger, setLogger } from '../base/logging.ts';
import { parsePythonJsonWithSource, type SourcedJson } from '../base/python-json.ts';
import { runCase } from './run-case.ts';

const CASES = path.join(import.meta.dirname, '../conformance-cases');
/** Of a parameter's range, or of the value itself where the range is a log one. */
const FLOAT_TOLERANCE = 1e-9;
/** Relative, of objective values. */
const VALUE_TOLERANCE = 1e-6;

let previous: Logger;

beforeAll(() => {
  previous = setLogger({ info() {}, warn() {} });
});

afterAll(() => {
  setLogger(previous);
});

/** Where two traces differ, in words; empty where they agree. */
function differences(space: SourcedJson, want: SourcedJson, got: SourcedJson): string[] {
  const found: string[] = [];
  const wanted = want.members?.get('trials')?.items ?? [];
  const given = got.members?.get('trials')?.items ?? [];
  if (wanted.length !== given.length) found.push(`${given.length} trials instead of ${wanted.length}`);
  for (const [number, trial] of wanted.entries()) {
    const other = given[number];
    if (other !== undefined)
      found.push(...trialDifferences(space, trial, other).map((text) => `${number}: ${text}`));
  }
  for (const key of ['bestTrial', 'bestTrials']) {
    const [a, b] = [want, got].map((trace) => JSON.stringify(trace.members?.get(key)?.value));
    if (a !== b) found.push(`${key} ${b} instead of ${a}`);
  }
  return found;
}

function trialDifferences(space: SourcedJson, want: SourcedJson, got: SourcedJson): string[] {
  const found: string[] = [];
  for (const key of ['number', 'state', 'lastStep']) {
    const [a, b] = [want, got].map((trial) => trial.members?.get(key)?.source);
    if (a !== b) found.push(`${key} ${b} instead of ${a}`);
  }
  const [a, b] = [want, got].map(
    (trial) => trial.members?.get('params')?.members ?? new Map<string, SourcedJson>(),
  );
  if (String([...(a?.keys() ?? [])]) !== String([...(b?.keys() ?? [])])) found.push('other parameters');
  for (const [name, value] of a ?? []) {
    const parameter = space.items?.find((item) => item.members?.get('name')?.value === name)?.members;
    if (!sameParam(parameter, value, b?.get(name)))
      found.push(`${name} ${b?.get(name)?.source} instead of ${value.source}`);
  }
  const [wantedValues, values] = [want, got].map((trial) => trial.members?.get('values')?.value);
  const same =
    Array.isArray(wantedValues) && Array.isArray(values)
      ? wantedValues.every(
          (value, k) => Math.abs(value - values[k]) <= VALUE_TOLERANCE * Math.max(1, Math.abs(value)),
        )
      : wantedValues === values;
  if (!same) found.push(`values ${JSON.stringify(values)} instead of ${JSON.stringify(wantedValues)}`);
  return found;
}

/** Choices and integers must be equal as texts: 1, 1.0 and true are three values to Python. */
function sameParam(
  parameter: SourcedJson['members'],
  want: SourcedJson,
  got: SourcedJson | undefined,
): boolean {
  if (got === undefined) return false;
  if (parameter?.get('type')?.value !== 'float') return want.source === got.source;
  const [a, b] = [Number(want.value), Number(got.value)];
  const range = Number(parameter.get('high')?.value) - Number(parameter.get('low')?.value);
  return Math.abs(a - b) <= FLOAT_TOLERANCE * (parameter.get('log')?.value === true ? Math.abs(a) : range);
}

describe('conformance with Optuna 4.1', async () => {
  const files = (await readdir(CASES)).filter((file) => file.endsWith('.json'));

  it.each(files)('%s', async (file) => {
    const text = await readFile(path.join(CASES, file), 'utf8');
    const recorded = parsePythonJsonWithSource(text).members;
    const space = recorded?.get('spec')?.members?.get('space');
    const trace = recorded?.get('trace');
    if (space === undefined || trace === undefined) throw new Error(`${file} is no recorded case`);
    expect(differences(space, trace, parsePythonJsonWithSource(await runCase(text)))).toEqual([]);
  });
});

describe('npm run conformance', () => {
  it('prints a line a case, with an error where a case cannot be run', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hone-conformance-'));
    try {
      const base = {
        sampler: { type: 'random', seed: 1 },
        directions: ['minimize'],
        space: [{ name: 'x', type: 'float', low: 0, high: 1 }],
        objectives: [{ kind: 'sphere', params: ['x'] }],
        nTrials: 2,
      };
      const cases: Record<string, string> = {
        'a-good': JSON.stringify({ spec: base }),
        'b-sampler': JSON.stringify({ spec: { ...base, sampler: { type: 'astrology' } } }),
        'c-option': JSON.stringify({ spec: { ...base, sampler: { type: 'tpe', options: { n_start: 1 } } } }),
        'd-pruner': JSON.stringify({ spec: { ...base, pruner: { type: 'astrology' } } }),
        'e-space': JSON.stringify({
          spec: { ...base, space: [{ name: 'x', type: 'float', low: 2, high: 1 }] },
        }),
        'f-no-spec': '{}',
        'g-no-json': '{"spec": ',
        'h-parameter': JSON.stringify({ spec: { ...base, objectives: [{ kind: 'sphere', params: ['y'] }] } }),
        'i-importance': JSON.stringify({ spec: { ...base, importance: true } }),
      };
      const files = Object.keys(cases).map((name) => path.join(folder, `${name}.json`));
      await Promise.all(
        Object.entries(cases).map(([name, text]) => writeFile(path.join(folder, `${name}.json`), text)),
      );
      const command = path.join(import.meta.dirname, '../conformance.ts');
      const missing = path.join(folder, 'j-missing.json');
      const { stdout } = await promisify(execFile)(process.execPath, [command, ...files, missing]);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines[0]).toMatchObject({
        case: 'a-good',
        trace: { trials: [{ state: 'COMPLETE' }, { number: 1 }] },
      });
      expect(lines.slice(1).map((line) => [line.case, line.error])).toEqual([
        ['b-sampler', expect.stringContaining('The sampler astrology is not available.')],
        ['c-option', expect.stringContaining('tpe has no option n_start.')],
        ['d-pruner', expect.stringContaining('The pruner astrology is not available.')],
        ['e-space', expect.stringContaining('space: x.low is 2, but it must not be above high, which is 1.')],
        ['f-no-spec', expect.stringContaining('The case has no spec.')],
        ['g-no-json', expect.stringContaining('JSON, line 1, column 10')],
        ['h-parameter', expect.stringContaining('The parameter y is no number in this trial.')],
        ['i-importance', expect.stringContaining('Importances are not available.')],
        ['j-missing', expect.stringContaining('ENOENT')],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
