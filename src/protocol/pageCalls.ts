import type { ModelDifference } from '../core/inspect/diffModels';
import type { Inspection } from '../core/inspect/inspection';
import type { ModelGraph } from '../core/inspect/modelGraph';
import type { RunEvent } from '../core/run/events';
import type { ErrorRecord } from '../core/errors';
import type { VerdictEvent } from '../core/verdict/records';
import type { Verdict } from '../core/verdict/verdict';
import type { NumberStatistics } from '../core/weights/statistics';
import type { FilterImages } from '../core/weights/filters';
import type { Spectrum } from '../core/weights/spectrum';
import type { WeightSlice, WeightStatistics, WorkerCalls } from './workerCalls';

/** What panel Training asks of the extension host. */
export interface TrainingPageCalls {
  /** Events of the latest run, and of the runs that it went on from, from a place on. `session` names them together; another
   *  name than before means: start over. `next` is the place to ask from the next time. */
  since: {
    ask: { readonly session: string | null; readonly place: number };
    reply: { readonly session: string | null; readonly running: boolean; /** The latest run was stopped or died, and can go on. */ readonly canResume: boolean; readonly events: readonly RunEvent[]; readonly next: number };
  };
  stop: { ask: null; reply: null };
  resume: { ask: null; reply: null };
}

/** One-way, to panel Training: a hint that `since` has something new, and live progress. */
export interface TrainingPageEvents {
  changed: null;
  progress: { readonly phase: number; readonly epoch: number; readonly step: number; readonly steps: number; readonly loss: number };
}

/** What panel Verdict asks. */
export interface VerdictPageCalls {
  /** How far the latest verdict is, from a place in its events on. Another `session` than before means: start over. */
  state: { ask: { readonly session: number; readonly place: number }; reply: VerdictPageState };
  stop: { ask: null; reply: null };
  /** Begins it again: what is finished is kept. */
  goOn: { ask: null; reply: null };
  /** `sentence`: onto the clipboard; `report`: asks where and writes it. */
  copy: { ask: null; reply: null };
  saveReport: { ask: null; reply: null };
}

export interface VerdictPageState {
  readonly session: number;
  readonly running: boolean;
  /** File name of the plan; empty before the first verdict. */
  readonly plan: string;
  /** Names of the arms, the two that are compared first. */
  readonly arms: readonly string[];
  readonly events: readonly VerdictEvent[];
  /** What to ask with the next time. */
  readonly next: number;
  readonly verdict: Verdict | null;
  readonly failure: ErrorRecord | null;
  /** It was stopped or the window ended before it did: the same call goes on. */
  readonly canGoOn: boolean;
}

export interface VerdictPageEvents {
  changed: null;
}

/** The layer that panel Weights shows; nothing of it has been read yet. */
export interface ShownLayer {
  readonly path: string;
  readonly class: string;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
  /** Another than before: another layer, or its weights may be others. */
  readonly key: string;
}

/** What panel Weights asks; weights by their place in the layer. */
export interface WeightsPageCalls {
  layer: { ask: null; reply: ShownLayer };
  /** Of all its numbers, or of a sample: a picture of a large weight should not wait for all of it. */
  figures: { ask: { readonly weight: number; readonly sampled: boolean }; reply: WeightStatistics };
  slice: { ask: SliceAsk & { readonly weight: number }; reply: WeightSlice };
  filters: { ask: { readonly weight: number; readonly channel: number | null; readonly from: number }; reply: FilterImages };
  /** As far as it is found: asked again it looks on, until `stop`. */
  spectrum: { ask: { readonly weight: number; readonly stop: boolean }; reply: Spectrum };
  rows: { ask: { readonly weight: number; readonly row: number | null }; reply: WorkerCalls['weightRows']['reply'] };
  /** Asks where, and writes it. */
  exportNpy: { ask: { readonly weight: number }; reply: null };
  savePicture: { ask: { readonly png: Uint8Array }; reply: null };
}

/** Which rectangle of a weight is wanted. */
export interface SliceAsk {
  readonly axes: readonly [number, number];
  readonly index: readonly number[];
  /** Most rows and most columns. */
  readonly most: number;
}

/** To a page that shows one thing at a time: it is another one, or changed. */
export interface ChangedEvent {
  changed: null;
}

/** What panel Difference asks. */
export interface DifferencePageCalls {
  /** The two models by name, and how they differ. Another `key` than before: another comparison. */
  difference: { ask: null; reply: { readonly a: string; readonly b: string; readonly key: number; readonly difference: ModelDifference } };
  /** Of the second model's weight minus the first's. */
  statistics: { ask: { readonly layer: string; readonly weight: string }; reply: NumberStatistics };
  slice: { ask: SliceAsk & { readonly layer: string; readonly weight: string }; reply: WeightSlice };
  savePicture: { ask: { readonly png: Uint8Array }; reply: null };
}

/** What the model editor draws. */
export interface ModelPageState {
  readonly file: string;
  readonly inspection: Inspection;
  readonly graph: ModelGraph;
  /** Another than before: the weights may be others. */
  readonly weightsKey: string;
  /** `compiled` or `changed since compile: …` */
  readonly compileState: string;
  /** Why this is not what lies on disk. */
  readonly problem: string | null;
}

/** What the model editor asks. */
export interface ModelPageCalls {
  state: { ask: null; reply: ModelPageState };
  setTrainable: { ask: { readonly layer: string; readonly trainable: boolean }; reply: null };
  weights: { ask: { readonly layer: string }; reply: readonly WeightStatistics[] };
  openWeights: { ask: { readonly layer: string }; reply: null };
}

export interface ModelPageEvents {
  changed: null;
}
