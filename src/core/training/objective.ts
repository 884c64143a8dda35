import { SurgeryError } from '../errors';
import type { CompileSettings } from '../model/model';
import { add, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { type Loss, type LossName, countedPlaces, reduceLoss, resolveLoss } from './losses/losses';
import { type MetricRule, type MetricValue, ratio } from './metrics/metric';
import { resolveMetric } from './metrics/metrics';

/** Loss and metrics of a plan: what a step program computes beyond the model. */
export type ObjectiveSettings = Pick<CompileSettings, 'loss' | 'metrics' | 'weightedMetrics' | 'lossWeights'>;

/** One output of the model beside what it is compared with. The batch axis is in front. */
export interface ObservedOutput {
  readonly name: string;
  readonly output: Value;
  /** Missing where the data set has no targets for this output. */
  readonly target: Value | undefined;
  /** [batch] */
  readonly sampleWeights: Value | undefined;
  /** The mask that the output carries: bool, what does not count is left out of loss and metrics. */
  readonly mask?: Value;
}

/** Numbers that a step gives, and what their sums over the steps become at the end of an epoch. */
export interface Measure {
  /** As in Keras' history: `accuracy`, with several outputs `head_accuracy`, `head_loss`. */
  readonly name: string;
  /** Of fixed shape; summed over the steps. */
  readonly parts: readonly Value[];
  readonly finish: MetricRule['finish'];
}

export interface Objective {
  /** Weighted sum of the outputs' losses: a number. Regularization is not in it. */
  readonly loss: Value;
  readonly measures: readonly Measure[];
  /** What the targets of each output that has a loss may hold, by output name. */
  readonly kinds: Readonly<Record<string, LossKind>>;
}

export interface LossKind {
  readonly loss: LossName;
  /** Size of the output's last axis: the number of classes. */
  readonly classes: number;
  /** A class that is not one, whose places do not count. */
  readonly ignored?: number;
}

/**
 * The loss and the metrics as Keras' `compile` reads them: one loss for all outputs, a list in their order or an object by
 * name. Throws `config-invalid` where they do not fit the outputs, `unsupported` by name, `data-mismatch` for shapes.
 */
export function buildObjective(outputs: readonly ObservedOutput[], settings: ObjectiveSettings): Objective {
  const losses = outputLosses(outputs, settings);
  if (losses.length === 0) {
    throw new SurgeryError('config-invalid', 'No output of the model has a loss.', { expected: 'a loss', received: 'nothing', where: 'compile.loss' });
  }
  const total = losses.map(({ value, weight }) => (weight === undefined ? value : mul(value, weight))).reduce((sum, value) => add(sum, value));
  return {
    loss: total,
    measures: [...metricMeasures(outputs, settings), ...lossMeasures(losses)],
    kinds: Object.fromEntries(losses.map(({ name, loss, classes }) => [name, { loss: loss.kind, classes, ...(loss.ignored === undefined ? {} : { ignored: loss.ignored }) }])),
  };
}

interface OutputLoss {
  readonly name: string;
  readonly loss: Loss;
  readonly classes: number;
  readonly value: Value;
  readonly weight: number | undefined;
}

function outputLosses(outputs: readonly ObservedOutput[], settings: ObjectiveSettings): readonly OutputLoss[] {
  const objects = spread(settings.loss, outputs, 'compile.loss');
  const weights = lossWeights(outputs, settings);
  return outputs.flatMap((observed, index) => {
    const object = objects[index] ?? null;
    if (object === null) return [];
    const { name, output, sampleWeights, mask } = observed;
    const target = requireTarget(observed);
    const loss = resolveLoss(object, { target, output }, `compile.loss`);
    const value = reduceLoss(loss.values(target, output), loss.reduction, { weights: sampleWeights, mask: countedPlaces(loss, target, mask) });
    return [{ name, loss, classes: output.shape.at(-1) ?? 1, value, weight: weights[index] }];
  });
}

/** One entry for each output: the same for all, by order, or by name. */
function spread(given: unknown, outputs: readonly ObservedOutput[], where: string): readonly unknown[] {
  if (isList(given)) {
    if (given.length === outputs.length) return given;
    throw misfit(outputs, `${given.length} entries`, where);
  }
  if (isKerasObject(given)) return outputs.map(() => given);
  const named = given as Readonly<Record<string, unknown>>;
  refuseUnknownNames(named, outputs, where);
  return outputs.map(({ name }) => named[name] ?? null);
}

function isList(given: unknown): given is readonly unknown[] {
  return Array.isArray(given);
}

function isKerasObject(given: unknown): boolean {
  return given === null || given === undefined || typeof given === 'string' || (typeof given === 'object' && 'class_name' in given);
}

function refuseUnknownNames(named: object, outputs: readonly ObservedOutput[], where: string): void {
  const unknown = Object.keys(named).find((name) => !outputs.some((output) => output.name === name));
  if (unknown !== undefined) throw misfit(outputs, unknown, where);
}

function misfit(outputs: readonly ObservedOutput[], received: string, where: string): SurgeryError {
  return new SurgeryError('config-invalid', 'The compile settings do not fit the outputs of the model.', {
    expected: `the outputs ${outputs.map(({ name }) => name).join(', ')}`, received, where,
  });
}

function lossWeights(outputs: readonly ObservedOutput[], { lossWeights: given }: ObjectiveSettings): readonly (number | undefined)[] {
  if (given === undefined) return [];
  const where = 'compile.lossWeights';
  if (isList(given)) {
    if (given.length === outputs.length) return given;
    throw misfit(outputs, `${given.length} weights`, where);
  }
  const named = given as Readonly<Record<string, number | undefined>>;
  refuseUnknownNames(named, outputs, where);
  return outputs.map(({ name }) => named[name]);
}

function requireTarget({ name, target }: ObservedOutput): Value {
  if (target) return target;
  throw new SurgeryError('data-mismatch', `The data has no targets for the output ${name}.`, {
    expected: `targets for ${name}`, received: 'nothing', where: name,
  });
}

/** The metrics, then the weighted ones; names that come again as Keras tells them apart. */
function metricMeasures(outputs: readonly ObservedOutput[], { metrics, weightedMetrics = [] }: ObjectiveSettings): readonly Measure[] {
  const taken = new Map<string, number>();
  const plain = metricLists(outputs, metrics, 'compile.metrics').flatMap((objects, index) =>
    objects.map((object) => metricMeasure(outputs[index], object, { several: outputs.length > 1, name: (_, full) => numbered(taken, full) })));
  const weighted = metricLists(outputs, weightedMetrics, 'compile.weightedMetrics').flatMap((objects, index) =>
    objects.map((object) => metricMeasure(outputs[index], object, {
      several: outputs.length > 1,
      weights: outputs[index].sampleWeights,
      name: (own, full) => (taken.has(full) ? numbered(taken, full.slice(0, full.length - own.length) + `weighted_${own}`) : numbered(taken, full)),
    })));
  return [...plain, ...weighted];
}

/** A name that comes again ends in `_1`, `_2`, …, as in Keras. */
function numbered(taken: Map<string, number>, name: string): string {
  const seen = taken.get(name) ?? 0;
  taken.set(name, seen + 1);
  return seen === 0 ? name : `${name}_${seen}`;
}

/** With one output every metric is its; with several, Keras takes a list (or one metric) for each, or an object by name. */
function metricLists(outputs: readonly ObservedOutput[], metrics: ObjectiveSettings['metrics'], where: string): readonly (readonly unknown[])[] {
  const asList = (entry: unknown): readonly unknown[] => (entry === null || entry === undefined ? [] : isList(entry) ? entry : [entry]);
  if (!isList(metrics)) {
    refuseUnknownNames(metrics, outputs, where);
    const named: Readonly<Record<string, unknown>> = metrics;
    return outputs.map(({ name }) => asList(named[name]));
  }
  if (outputs.length === 1) return [metrics.flatMap(asList)];
  if (metrics.length === 0) return outputs.map(() => []);
  if (metrics.length === outputs.length) return metrics.map(asList);
  throw misfit(outputs, `${metrics.length} entries`, where);
}

interface MetricPlace {
  /** Keras then puts the output's name in front. */
  readonly several: boolean;
  readonly weights?: Value | undefined;
  /** Of the metric's own name and the full one. */
  readonly name: (own: string, full: string) => string;
}

function metricMeasure(observed: ObservedOutput, object: unknown, { several, weights, name }: MetricPlace): Measure {
  const { output, mask } = observed;
  const target = requireTarget(observed);
  const metric = resolveMetric(object, { target, output }, 'compile.metrics');
  return {
    name: name(metric.name, several ? `${observed.name}_${metric.name}` : metric.name),
    parts: metric.parts({ target, output, mask, weights }),
    finish: metric.finish,
  };
}

/** Keras reports the loss of each output, unweighted, where several have one; it averages them over batches. */
function lossMeasures(losses: readonly OutputLoss[]): readonly Measure[] {
  if (losses.length < 2) return [];
  return losses.map(({ name, value }) => ({ name: `${name}_loss`, parts: [value], finish: ([[total]], { batches }): MetricValue => ratio(total, batches) }));
}
