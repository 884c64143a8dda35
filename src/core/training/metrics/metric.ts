import type { JsonObject } from '../../model/json';
import type { Value } from '../../ops/graph';
import { reshape } from '../../ops/reshape';

/** A figure of an epoch: one number, or as Keras gives them one for each class or threshold. */
export type MetricValue = number | readonly number[];

/** One output beside what it is compared with. The batch axis is in front. */
export interface MetricInputs {
  readonly target: Value;
  readonly output: Value;
  /** The output's: what does not count is left out by metrics that are means. */
  readonly mask?: Value | undefined;
  /** [batch], of a weighted metric */
  readonly weights?: Value | undefined;
}

/** What the parts of a metric have added up to over the steps of an epoch, in their order, each row-major. */
export type Sums = readonly (readonly number[])[];

/** What an epoch has seen. */
export interface Seen {
  readonly samples: number;
  readonly batches: number;
}

/** How a metric is computed: numbers of each step that are summed, and what becomes of the sums. */
export interface MetricRule {
  /** Of fixed shape. Throws `data-mismatch` where the shapes cannot be measured so. */
  readonly parts: (inputs: MetricInputs) => readonly Value[];
  readonly finish: (sums: Sums, seen: Seen) => MetricValue;
}

/** A metric of one output. */
export interface Metric extends MetricRule {
  /** As Keras' history names it, without the output's name. */
  readonly name: string;
}

/** A metric class of Keras that is no mean over samples: its config read. Throws `config-invalid`. */
export type MetricClass = (config: JsonObject, where: string) => MetricRule;

/** Keras' `divide_no_nan`. */
export function ratio(dividend: number, divisor: number): number {
  return divisor === 0 ? 0 : dividend / divisor;
}

/** One number where there is one, else all. */
export function oneOrAll(values: readonly number[]): MetricValue {
  return values.length === 1 ? values[0] : values;
}

/** [batch] as [batch, 1, …] of a rank. */
export function asRank(weights: Value, rank: number): Value {
  return reshape(weights, [...weights.shape, ...Array.from({ length: rank - weights.shape.length }, () => 1)]);
}
