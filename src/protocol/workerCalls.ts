import type { InstalledTensorflow } from '../core/install/tensorflowFolder';
import type { EngineReport } from '../core/ports';
import type { ModelDifference } from '../core/inspect/diffModels';
import type { Inspection } from '../core/inspect/inspection';
import type { ModelGraph } from '../core/inspect/modelGraph';
import type { Evaluation, RunEvent } from '../core/run/events';
import type { FeatureBudget } from '../core/run/features';
import type { Plan } from '../core/plan/plan';
import type { Neighbour, RowNorms } from '../core/weights/rows';
import type { FilterImages } from '../core/weights/filters';
import type { Slice } from '../core/weights/slice';
import type { Spectrum } from '../core/weights/spectrum';
import type { NumberStatistics, WeightFigures } from '../core/weights/statistics';
import type { LedgerView } from '../core/ledger/runRows';
import type { FreezeSuggestion } from '../core/run/proposeFreeze';
import type { VerdictEvent } from '../core/verdict/records';
import type { AskedVerdict, Verdict } from '../core/verdict/verdict';
import type { Operation } from '../core/surgery/operation';

/** A model as edited: a file, and what is done to it since. The worker keeps the latest few, so asking again is cheap. */
export interface EditedModel {
  /** absolute */
  readonly path: string;
  readonly operations: readonly Operation[];
  /** Seed of new weights. */
  readonly seed: number;
}

/** One weight of a layer by its place. */
export interface WeightAsk extends EditedModel {
  readonly layer: string;
  readonly weight: number;
}

export interface ModelPair {
  readonly a: EditedModel;
  readonly b: EditedModel;
}

/** Statistics of one weight of a layer. */
export type WeightStatistics = WeightFigures;

export type WeightSlice = Slice;

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
  /** Goes on from the newest checkpoint in `out`. */
  readonly resume?: boolean;
  /** What outputs of frozen layers may take; the default where left out. */
  readonly features?: FeatureBudget;
}

/** What of a plan is judged: its model with these operations, against arms; other plans among them by absolute path. */
export interface VerdictRequest extends Omit<AskedVerdict, 'plan'> {
  readonly planPath: string;
  /** With the operations that are meant; read from `planPath` where left out. */
  readonly plan?: Plan;
  /** What outputs of frozen layers may take; the default where left out. */
  readonly features?: FeatureBudget;
}

/** What the extension host asks of the worker. A missing handler does not compile. */
export interface WorkerCalls {
  inspect: { ask: EditedModel; reply: Inspection };
  /** How the layers follow each other; flags do not change it. */
  graph: { ask: EditedModel; reply: ModelGraph };
  /** Statistics of every weight of one layer (not of layers inside it). */
  weights: { ask: EditedModel & { readonly layer: string }; reply: readonly WeightStatistics[] };
  weightSlice: {
    ask: EditedModel & { readonly layer: string; readonly weight: number; /** Which two axes are rows and columns; the others are held at `index`. */
      readonly axes: readonly [number, number]; readonly index: readonly number[]; readonly most: number };
    reply: WeightSlice;
  };
  /** Statistics of one weight: of about `most` of its numbers, or of all where that is null. */
  weightFigures: { ask: WeightAsk & { readonly most: number | null }; reply: WeightStatistics };
  /** Filters of a convolution as pictures: one plane of each, or the first three as colours. */
  weightFilters: { ask: WeightAsk & { readonly channel: number | null; readonly from: number; readonly most: number }; reply: FilterImages };
  /** The norm and the singular values of a weight, as far as they are found: each ask looks on for a while, until `stop`. */
  weightSpectrum: { ask: WeightAsk & { readonly stop: boolean }; reply: Spectrum };
  /** The longest and shortest rows of a weight, and the nearest to `row` where that is not null. */
  weightRows: { ask: WeightAsk & { readonly row: number | null; readonly most: number }; reply: RowNorms & { readonly nearest: readonly Neighbour[] | null } };
  /** Writes a weight as `.npy`. */
  exportWeight: { ask: WeightAsk & { readonly out: string }; reply: { readonly path: string; readonly sha256: string } };
  /** Which layers and weights differ, and by how much. */
  diff: { ask: ModelPair; reply: ModelDifference };
  /** Statistics of the second model's weight minus the first's. */
  diffWeight: { ask: ModelPair & { readonly layer: string; readonly weight: string }; reply: NumberStatistics };
  /** A rectangle of the second model's weight minus the first's. */
  diffSlice: { ask: ModelPair & { readonly layer: string; readonly weight: string; readonly axes: readonly [number, number]; readonly index: readonly number[]; readonly most: number }; reply: WeightSlice };
  /** Which layers of another model fit which of this one; `from` as an operation names it. */
  proposeTransplant: { ask: EditedModel & { readonly from: string }; reply: readonly { readonly to: string; readonly from: string; readonly by: 'name' | 'shape' }[] };
  /** Runs phases; the reply is the `result` or `stopped` event. Abort stops at the next batch, keeps best and last. */
  train: { ask: TrainRequest; reply: RunEvent };
  /** Makes a run of the ledger again from its record; says its events as `train` does. */
  replayRun: { ask: { readonly planPath: string; readonly id: string; /** absolute folder */ readonly out: string; readonly features?: FeatureBudget };
    reply: { readonly id: string; readonly folder: string; readonly end: RunEvent; readonly saved: Readonly<Record<string, string>> } };
  evaluate: { ask: { readonly planPath: string; readonly plan?: Plan; readonly model: EditedModel; readonly split: 'train' | 'validation' | 'test'; readonly engine: string };
    reply: Evaluation & { readonly samples: number } };
  export: { ask: { readonly model: EditedModel; readonly planPath?: string; readonly to: string; readonly out: string }; reply: { readonly path: string; readonly format: string; readonly sha256: string } };
  /** Compares arms over pairs. Abort keeps the pairs that are finished: the reply says what they say. */
  verdict: { ask: VerdictRequest; reply: Verdict };
  /** Writes a verdict as `.md` or `.html`; gives the files. */
  verdictReport: { ask: { readonly verdict: Verdict; readonly planPath: string; readonly out: string }; reply: readonly string[] };
  /** What was ever tried beside a plan. */
  ledger: { ask: { readonly planPath: string }; reply: LedgerView };
  /** A note on a run of the ledger; null takes it out of the list. */
  annotateRun: { ask: { readonly planPath: string; readonly about: string; readonly note: string | null }; reply: LedgerView };
  /** What to freeze, from one pass of gradients over the training set of a plan. */
  suggestFreeze: { ask: { readonly planPath: string; readonly plan?: Plan; readonly model: EditedModel; readonly engine: string }; reply: FreezeSuggestion };
  /** Puts TensorFlow into a folder, as a whole or not at all: from a folder that holds its library, else fetched. Says what it does by `install`. */
  installTensorflow: { ask: { readonly target: string; readonly from?: string }; reply: InstalledTensorflow };
  /** Removes outputs of frozen layers that were kept for later runs; says what there was. */
  clearFeatures: { ask: Readonly<Record<string, never>>; reply: { readonly entries: number; readonly bytes: number } };
  /** `model`: which engine is used for it. */
  engines: { ask: { readonly engine: string; readonly model?: EditedModel }; reply: readonly EngineReport[] };
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
  /** How far the verdict that `verdict` started is. */
  verdict: VerdictEvent;
  /** What the installation that `installTensorflow` started is doing. */
  install: { readonly message: string };
  log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };
}
