import type { ErrorRecord } from '../errors';
import type { KerasObject } from '../model/model';
import type { MetricValue } from '../training/metrics/metric';

/** Loss and metrics of a data set: Keras' names. */
export interface Evaluation {
  readonly loss: number;
  /** A metric may have a number for each class or threshold, as in Keras. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
}

/** Loss and metrics side by side. */
export type Measured = { readonly loss: number } & Readonly<Record<string, MetricValue>>;

/** One number by name: of a metric with several, `name[0]`, `name[1]`, … */
export function figuresOf(values: Readonly<Record<string, MetricValue>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value] as const] : value.map((item, index) => [`${name}[${index}]`, item] as const)));
}

export interface WeightHashes {
  /** `layer path/variable` */
  readonly weight: string;
  /** SHA-256 of the stored bytes, lower-case hex */
  readonly before: string;
  readonly after: string;
}

export type RunEventBody =
  | { readonly type: 'start'; readonly plan: string | null; readonly model: { readonly path: string; readonly sha256: string };
      /** `why`: where nobody named it */ readonly engine: { readonly name: string; readonly version: string; readonly why?: string }; readonly seed: { readonly initialization: number; readonly order: number; readonly sample: number };
      /** samples in each set */ readonly samples: Readonly<Record<string, number>>; readonly phases: number; readonly epochs: number; readonly notes: readonly string[] }
  | { readonly type: 'phase'; readonly phase: number; readonly name: string; readonly frozen: readonly string[]; readonly trainable: readonly string[];
      readonly optimizer: KerasObject; readonly epochs: number; readonly recompiled: boolean; readonly cachedPrefix: readonly string[];
      /** Why the prefix is no longer, where something random or moving ends it; why nothing is cached where it could not be kept. */ readonly cacheEnds: string | null }
  | { readonly type: 'features'; /** What the cached prefix gives for a set lies on the disk, being too large for memory. */ readonly phase: number; readonly set: 'train' | 'validation';
      readonly bytes: number; readonly kept: 'disk'; /** Computed by an earlier phase or run. */ readonly reused: boolean; readonly seconds: number }
  | { readonly type: 'uncached'; /** The prefix is computed in every step after all. */ readonly phase: number; readonly reason: string; readonly error: ErrorRecord }
  | { readonly type: 'epoch'; readonly phase: number; readonly epoch: number; readonly loss: number; readonly metrics: Evaluation['metrics'];
      readonly validation: Measured | null; readonly learningRate: number; readonly seconds: number }
  | { readonly type: 'progress'; readonly phase: number; readonly epoch: number; readonly step: number; readonly steps: number; readonly loss: number }
  | { readonly type: 'converged'; /** It ended because its loss stopped falling. */ readonly phase: number; readonly epoch: number; readonly loss: number }
  | { readonly type: 'not-converged'; /** It ended, and the next one unfreezes more, while its loss was falling. */ readonly phase: number; readonly epoch: number;
      /** Share of the loss that its last epoch took away. */ readonly falling: number; readonly message: string }
  | { readonly type: 'receipt'; readonly phase: number; readonly ok: boolean; readonly frozen: readonly WeightHashes[];
      readonly moved: readonly (WeightHashes & { /** relative change of the Euclidean norm of the difference */ readonly change: number })[]; readonly still: readonly string[] }
  | { readonly type: 'resumed'; /** name of the checkpoint */ readonly checkpoint: string; /** Epochs that were whole in it. */ readonly epochs: number;
      /** Checkpoints that are newer but broken. */ readonly broken: readonly string[] }
  | { readonly type: 'result'; readonly test: Measured | null; readonly samples: number; readonly seconds: number;
      readonly best: { readonly phase: number; readonly epoch: number } | null }
  | { readonly type: 'saved'; readonly path: string; readonly sha256: string }
  | { readonly type: 'unrecorded'; /** Why the ledger does not have this run. */ readonly error: ErrorRecord }
  | { readonly type: 'stopped'; readonly reason: string; readonly phase: number; readonly epoch: number }
  | { readonly type: 'failed'; readonly error: ErrorRecord };

/** What a run writes to its log, its stdout and the panel. `seq` counts from 0 without gaps; `time` is ISO 8601. `progress` is
 *  live only: it is neither numbered nor logged. */
export type RunEvent = RunEventBody & { readonly seq: number; readonly time: string };
