import type { EngineReport } from '../core/ports';
import type { Inspection } from '../core/inspect/inspection';
import type { Evaluation, RunEvent } from '../core/run/events';
import type { Plan } from '../core/plan/plan';
import type { Operation } from '../core/surgery/operation';

/** A model as edited: a file, and what is done to it since. The worker keeps the latest few, so asking again is cheap. */
export interface EditedModel {
  /** absolute */
  readonly path: string;
  readonly operations: readonly Operation[];
  /** Seed of new weights. */
  readonly seed: number;
}

export interface WeightStatistics {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Over the finite values, in float64; population standard deviation. */
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  readonly nan: number;
  readonly inf: number;
  /** 40 equal bins from min to max over the finite values. */
  readonly histogram: { readonly from: number; readonly to: number; readonly counts: readonly number[] };
}

/** A rectangle of a weight seen as a matrix, thinned to what a picture can show. */
export interface WeightSlice {
  readonly rows: number;
  readonly columns: number;
  /** row-major, `rows * columns` */
  readonly values: Float32Array;
  /** Every how many-th row and column of the weight is shown; 1 where all are. */
  readonly rowStep: number;
  readonly columnStep: number;
  readonly min: number;
  readonly max: number;
}

/** What of a plan is run: its text is read by the worker from `planPath` unless `plan` is given; paths stay relative to it. */
export interface TrainRequest {
  readonly planPath: string;
  readonly plan?: Plan;
  /** Where the model stands; overrides the plan's model and operations. */
  readonly model: EditedModel;
  /** From 1; which of the plan's phases are run. */
  readonly phases: readonly number[];
  /** The model was compiled with other flags, head or settings than these phases have. */
  readonly changedSinceCompile: boolean;
  readonly engine: string;
  /** Absolute folder for `model.keras`, `best.keras`, `events.jsonl`. */
  readonly out: string;
}

/** What the extension host asks of the worker. A missing handler does not compile. */
export interface WorkerCalls {
  inspect: { ask: EditedModel; reply: Inspection };
  /** Statistics of every weight of one layer (not of layers inside it). */
  weights: { ask: EditedModel & { readonly layer: string }; reply: readonly WeightStatistics[] };
  weightSlice: {
    ask: EditedModel & { readonly layer: string; readonly weight: number; /** Which two axes are rows and columns; the others are held at `index`. */
      readonly axes: readonly [number, number]; readonly index: readonly number[]; readonly most: number };
    reply: WeightSlice;
  };
  /** Runs phases; the reply is the `result` or `stopped` event. Abort stops at the next batch, keeps best and last. */
  train: { ask: TrainRequest; reply: RunEvent };
  evaluate: { ask: { readonly planPath: string; readonly plan?: Plan; readonly model: EditedModel; readonly split: 'train' | 'validation' | 'test'; readonly engine: string };
    reply: Evaluation & { readonly samples: number } };
  export: { ask: { readonly model: EditedModel; readonly planPath?: string; readonly to: string; readonly out: string }; reply: { readonly path: string; readonly format: string; readonly sha256: string } };
  engines: { ask: { readonly engine: string }; reply: readonly EngineReport[] };
  /** Checks a plan as a whole against its model and data, without running it. */
  checkPlan: { ask: { readonly planPath: string; readonly text: string }; reply: readonly { readonly where: string; readonly message: string }[] };
  /** What a data file holds, for the guided plan. */
  describeData: { ask: { readonly path: string }; reply: readonly { readonly member: string | null; readonly shape: readonly number[]; readonly dtype: string;
    /** The distinct labels of a small integer vector, most 1,000. */ readonly labels: readonly number[] | null }[] };
}

/** One-way, from the worker. */
export interface WorkerEvents {
  /** Every event of the run that `train` started; also in its `events.jsonl`. */
  run: RunEvent;
  log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };
}
