import jsep from 'jsep';
import { InvalidInputError } from '../base/errors.ts';
import type { EvaluationMetrics } from './protocol.ts';

/** A study's value as an expression over an epoch's validation metrics. */
export interface Objective {
  /** As the user wrote it. */
  readonly expression: string;
  /** NaN and infinities come out as they are: of a loss that is not a number, or of a division by 0. */
  readonly evaluate: (metrics: EvaluationMetrics) => number;
}

type Evaluate = Objective['evaluate'];

/** Names that an expression may use. Bare precision, recall and f1 are the macro ones. */
const METRICS: Readonly<Record<string, Evaluate>> = {
  accuracy: (metrics) => metrics.accuracy,
  precision: (metrics) => metrics.precisionMacro,
  recall: (metrics) => metrics.recallMacro,
  f1: (metrics) => metrics.f1Macro,
  loss: (metrics) => metrics.loss,
  precision_macro: (metrics) => metrics.precisionMacro,
  recall_macro: (metrics) => metrics.recallMacro,
  f1_macro: (metrics) => metrics.f1Macro,
  precision_micro: (metrics) => metrics.precisionMicro,
  recall_micro: (metrics) => metrics.recallMicro,
  f1_micro: (metrics) => metrics.f1Micro,
};

/** The metrics that an objective may use, in the order in which they are listed to people. */
export const OBJECTIVE_METRICS: readonly string[] = Object.keys(METRICS);

const OPERATORS: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
]);

const FUNCTIONS: ReadonlyMap<string, (...values: number[]) => number> = new Map([
  ['min', Math.min],
  ['max', Math.max],
]);

/** Longer ones are no formula that somebody wrote, and could exhaust the parser's stack. */
const MAX_LENGTH = 500;

/**
 * Read an expression such as `precision + recall` or `f1 - 0.1 * loss`: metrics, numbers, + - * /, parentheses,
 * min and max.
 *
 * @param field names the expression in errors.
 * @throws {InvalidInputError} where it cannot be read, names an unknown metric, or no metric at all.
 */
export function parseObjective(expression: string, field = 'objective'): Objective {
  const refuse = (problem: string): never => {
    throw new InvalidInputError(
      field,
      `${field} is ${JSON.stringify(expression)}, but ${problem}: use ${OBJECTIVE_METRICS.join(', ')}, numbers, + - * /, parentheses, min and max.`,
    );
  };
  if (expression.length > MAX_LENGTH) {
    throw new InvalidInputError(
      field,
      `${field} has ${expression.length} characters, but must have at most ${MAX_LENGTH}.`,
    );
  }
  const compiler = new Compiler(refuse);
  const evaluate = compiler.compile(parse(expression, refuse));
  if (!compiler.namesMetric) refuse('names no metric');
  return { expression, evaluate };
}

function parse(expression: string, refuse: (problem: string) => never): jsep.Expression {
  try {
    return jsep(expression);
  } catch (error) {
    return refuse(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Turns the parsed expression into a function; refuses whatever is not on the lists above. */
class Compiler {
  namesMetric = false;
  readonly #refuse: (problem: string) => never;

  constructor(refuse: (problem: string) => never) {
    this.#refuse = refuse;
  }

  compile(node: jsep.Expression): Evaluate {
    const known = node as jsep.CoreExpression;
    if (known.type === 'Literal') return this.#number(known);
    if (known.type === 'Identifier') return this.#metric(known.name);
    if (known.type === 'UnaryExpression') return this.#unary(known);
    if (known.type === 'BinaryExpression') return this.#binary(known);
    if (known.type === 'CallExpression') return this.#call(known);
    return this.#refuse('is not a formula over metrics');
  }

  #number(node: jsep.Literal): Evaluate {
    const { value } = node;
    if (typeof value !== 'number') return this.#refuse(`${node.raw} is not a number`);
    return () => value;
  }

  #metric(name: string): Evaluate {
    const read = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
    if (read === undefined) return this.#refuse(`${name} is not a metric`);
    this.namesMetric = true;
    return read;
  }

  #unary(node: jsep.UnaryExpression): Evaluate {
    const operand = this.compile(node.argument);
    if (node.operator === '-') return (metrics) => -operand(metrics);
    if (node.operator === '+') return operand;
    return this.#refuse(`the operator ${node.operator} is not known`);
  }

  #binary(node: jsep.BinaryExpression): Evaluate {
    const operator = OPERATORS.get(node.operator);
    if (operator === undefined) return this.#refuse(`the operator ${node.operator} is not known`);
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    return (metrics) => operator(left(metrics), right(metrics));
  }

  #call(node: jsep.CallExpression): Evaluate {
    const { name } = node.callee;
    const call = typeof name === 'string' ? FUNCTIONS.get(name) : undefined;
    if (call === undefined || typeof name !== 'string') return this.#refuse('calls an unknown function');
    if (node.arguments.length === 0) return this.#refuse(`${name} needs a value`);
    const values = node.arguments.map((argument) => this.compile(argument));
    return (metrics) => call(...values.map((value) => value(metrics)));
  }
}
