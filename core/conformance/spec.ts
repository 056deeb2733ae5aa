import { z } from 'zod';
import { InvalidInputError } from '../base/errors.ts';
import { parsePythonJsonWithSource } from '../base/python-json.ts';
import { parseSearchSpace } from '../search-space/parse-search-space.ts';
import type { DeclarativeSpace } from '../search-space/search-space.ts';

/**
 * A conformance case: what to run, in the form that the recorder of the reference traces reads. Unknown members are
 * left alone, as there.
 */

const KINDS_OF_X = ['sphere', 'rosenbrock', 'rastrigin', 'ackley', 'zdt1.f1', 'zdt1.f2', 'zdt2.f2'] as const;

const objectiveSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(KINDS_OF_X), params: z.array(z.string()) }),
  z.object({
    kind: z.literal('linear'),
    params: z.array(z.string()),
    weights: z.array(z.number()),
    offset: z.number().default(0),
  }),
  z.object({
    kind: z.literal('separable'),
    terms: z.record(
      z.string(),
      z.object({
        target: z.number().optional(),
        weight: z.number().default(1),
        costs: z.array(z.number()).optional(),
      }),
    ),
  }),
]);

const curveSchema = z.object({
  steps: z.int().nonnegative(),
  gap: z.number(),
  rate: z.number(),
  rateSpread: z.number().default(0),
  wobble: z.number().default(0),
  increasing: z.boolean().default(false),
});

const optionsSchema = z.record(z.string(), z.json()).default({});

const specSchema = z.object({
  sampler: z.object({ type: z.string(), seed: z.int().nullish(), options: optionsSchema }),
  pruner: z.object({ type: z.string(), options: optionsSchema }).nullish(),
  directions: z.array(z.enum(['minimize', 'maximize'])).min(1),
  objectives: z.array(objectiveSchema).min(1),
  constraints: z.array(objectiveSchema).nullish(),
  curve: curveSchema.nullish(),
  enqueue: z
    .array(z.record(z.string(), z.union([z.null(), z.boolean(), z.number(), z.nan(), z.string()])))
    .default([]),
  fail: z.array(z.int()).default([]),
  nTrials: z.int().nonnegative(),
  studyName: z.string().default('conformance'),
  importance: z.boolean().default(false),
});

/** A function of a trial's parameters. */
export type ObjectiveSpec = z.infer<typeof objectiveSchema>;

/** Intermediate values of a trial. */
export type CurveSpec = z.infer<typeof curveSchema>;

/** A sampler or pruner by name, with options in Optuna's spelling. */
export type AlgorithmSpec = z.infer<typeof specSchema>['sampler'];

/** What to run. */
export type ConformanceSpec = z.infer<typeof specSchema> & { readonly space: DeclarativeSpace };

/** @throws {InvalidInputError} where the text is no case. */
export function readSpec(text: string): ConformanceSpec {
  const spec = parsePythonJsonWithSource(text).members?.get('spec');
  if (spec === undefined) throw new InvalidInputError('spec', 'The case has no spec.');
  const parsed = specSchema.safeParse(spec.value);
  if (!parsed.success) throw new InvalidInputError('spec', `spec: ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, space: parseSearchSpace(spec.members?.get('space')?.source ?? 'null') };
}
