import { SurgeryError } from '../errors';
import type { Json } from '../model/json';
import { BATCH } from '../ops/shape';
import { resolveLoss, type Compared } from '../training/losses/losses';
import { resolveMetric } from '../training/metrics/metrics';
import { resolveOptimizer } from '../training/optimizers/registry';
import { readPath, showPath, type PathStep } from './jsonPath';
import type { Plan } from './plan';
import type { PlanMistake } from './schema';

/** An output of the model: its name and the size of its last axis, null where that is not known. */
export interface OutputFacts {
  readonly name: string;
  readonly size: number | null;
}

/**
 * What Keras' words in a plan cannot mean: optimizers, losses and metrics that are not known, settings out of their range;
 * with the model's outputs also settings for outputs that it does not have.
 */
export function settingMistakes(plan: Plan, outputs?: readonly OutputFacts[]): PlanMistake[] {
  const { loss, metrics, weightedMetrics, lossWeights } = plan.compile;
  const judge = { plan, outputs };
  return [
    ...objectsOf(loss, ['compile', 'loss']).flatMap((entry) => judged(judge, entry, resolveLoss)),
    ...objectsOf(metrics, ['compile', 'metrics']).flatMap((entry) => judged(judge, entry, resolveMetric)),
    ...objectsOf(weightedMetrics, ['compile', 'weightedMetrics']).flatMap((entry) => judged(judge, entry, resolveMetric)),
    ...plan.phases.flatMap(({ optimizer }, index) => attempt(plan, ['phases', index, 'optimizer'], (where) => resolveOptimizer(optimizer, where))),
    ...(outputs ? [...keyMistakes(loss, ['compile', 'loss'], outputs), ...keyMistakes(lossWeights, ['compile', 'lossWeights'], outputs),
      ...metricKeys(metrics, ['compile', 'metrics'], outputs), ...metricKeys(weightedMetrics, ['compile', 'weightedMetrics'], outputs)] : []),
  ];
}

/** A Keras object and where it stands; the output it is for, where its place says so. */
interface PlacedObject {
  readonly object: unknown;
  readonly path: readonly PathStep[];
  readonly output?: string | number;
}

function objectsOf(given: unknown, path: readonly PathStep[]): PlacedObject[] {
  if (given === null || given === undefined) return [];
  if (Array.isArray(given)) return given.flatMap((item, index) => objectsOf(item, [...path, index]).map((found) => ({ output: index, ...found })));
  if (typeof given === 'string' || (typeof given === 'object' && 'class_name' in given)) return [{ object: given, path }];
  return Object.entries(given).flatMap(([name, item]) => objectsOf(item, [...path, name]).map((found) => ({ ...found, output: name })));
}

interface Judge {
  readonly plan: Plan;
  readonly outputs: readonly OutputFacts[] | undefined;
}

function judged({ plan, outputs }: Judge, entry: PlacedObject, resolve: (object: unknown, compared: Compared, where: string) => unknown): PlanMistake[] {
  const { output } = entry;
  const facts = typeof output === 'string' ? outputs?.find(({ name }) => name === output) : outputs?.at(output ?? 0);
  const type = { shape: [BATCH, facts?.size ?? 1], dtype: 'float32' } as const;
  return attempt(plan, entry.path, (where) => resolve(entry.object, { target: type, output: type }, where));
}

function attempt(plan: Plan, path: readonly PathStep[], work: (where: string) => unknown): PlanMistake[] {
  const where = showPath(path);
  try {
    work(where);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof SurgeryError)) throw thrown;
    return [mistakeOf(thrown, intoConfigs(plan, thrown.where ?? where))];
  }
}

/** An error of another part of the program as a mistake at a place of the plan. */
export function mistakeOf({ message, expected, received }: SurgeryError, where: string): PlanMistake {
  const details = [...(expected === undefined ? [] : [`expected ${expected}`]), ...(received === undefined ? [] : [`received ${received}`])];
  return { where, message: details.length === 0 ? message : `${message.replace(/\.$/, '')}: ${details.join(', ')}` };
}

/** Where Keras objects name a setting directly, the plan holds it in their `config`. */
function intoConfigs(plan: Plan, where: string): string {
  let value: unknown = plan;
  const steps: PathStep[] = [];
  const enter = (step: PathStep): void => {
    steps.push(step);
    value = typeof value === 'object' && value !== null ? (value as Readonly<Record<PathStep, Json>>)[step] : undefined;
  };
  for (const step of readPath(where)) {
    if (typeof value === 'object' && value !== null && 'class_name' in value && step !== 'class_name' && step !== 'config') enter('config');
    enter(step);
  }
  return showPath(steps);
}

/** A list has one entry for each output, an object only names of outputs. */
function keyMistakes(given: unknown, path: readonly PathStep[], outputs: readonly OutputFacts[]): PlanMistake[] {
  const names = outputs.map(({ name }) => name);
  if (typeof given !== 'object' || given === null || 'class_name' in given) return [];
  if (Array.isArray(given)) {
    if (given.length === names.length) return [];
    return [{ where: showPath(path), message: `must have one entry for each output of the model: ${names.join(', ')}` }];
  }
  return unknownKeys(given, path, { kind: 'output', names });
}

/** A list has metrics, or a list of them for each output. */
function metricKeys(given: unknown, path: readonly PathStep[], outputs: readonly OutputFacts[]): PlanMistake[] {
  return Array.isArray(given) ? [] : keyMistakes(given, path, outputs);
}

/** A mistake for each key that is not among the names. */
export function unknownKeys(given: object, path: readonly PathStep[], { kind, names }: { kind: string; names: readonly string[] }): PlanMistake[] {
  return Object.keys(given)
    .filter((key) => !names.includes(key))
    .map((key) => ({ where: showPath([...path, key]), message: `the model has no ${kind} of this name, but ${names.join(', ')}` }));
}
