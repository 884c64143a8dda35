import { type Model, type OptimizerVariable, walkLayers, weightPaths } from '../model/model';
import { mapLayers } from '../surgery/edit';
import type { ExactStates, Tensors } from '../ports';
import type { AverageSums } from './loop';

/** A place between two batches of a phase: all that a training needs to go on bit for bit. */
export interface PhasePosition {
  /** The one on its way, from 1. */
  readonly epoch: number;
  /** Batches of it that are done; all of them where its validation is next. */
  readonly step: number;
  /** Steps done in this phase. */
  readonly iteration: number;
  /** Position of the stream of orders when the epoch began. */
  readonly order: number;
  /** Position of the stream of masks. */
  readonly masks: number;
  readonly averages: AverageSums;
  /** What decides on convergence: the loss of each whole epoch, of validation where it was measured. */
  readonly losses: readonly number[];
  /** Movable weights and optimizer slots, as states of the step program. */
  readonly states: Tensors;
  /** The same where the engine holds them in more than float32. */
  readonly exact?: ExactStates;
}

/** What training has changed in a model: stored bytes by weight path, and the optimizer's variables. */
export interface TrainedNumbers {
  readonly weights: Readonly<Record<string, Uint8Array>>;
  readonly optimizerVariables: readonly OptimizerVariable[];
}

/** A run between two batches. The model that it began with is not in it: plan, seed and source file give it again. */
export interface Checkpoint {
  /** Phases of this run that have ended. */
  readonly done: number;
  /** Whether the next phase has emitted its `phase` event. */
  readonly begun: boolean;
  /** ms of run time so far */
  readonly elapsed: number;
  /** When the last whole phase ended. */
  readonly trained: TrainedNumbers;
  /** In the next phase; null before its first batch. */
  readonly position: PhasePosition | null;
  readonly best: (TrainedNumbers & { readonly phase: number; readonly epoch: number; readonly criterion: number }) | null;
}

/** Where a run puts its checkpoints. */
export interface CheckpointSink {
  /** Whether it is time for the next. */
  due(): boolean;
  /** Throws `write-failed`; what was saved before stays. */
  save(checkpoint: Checkpoint): Promise<void>;
}

/** What `trained`, which was made from `original` by training, has beyond it. */
export function trainedNumbers(original: Model, trained: Model): TrainedNumbers {
  const known = weightsByPath(original);
  const weights = [...weightsByPath(trained)].filter(([path, bytes]) => known.get(path) !== bytes);
  return { weights: Object.fromEntries(weights), optimizerVariables: trained.optimizerVariables };
}

/** The inverse of `trainedNumbers`, onto a model with the flags and settings that it is to have. */
export function withTrainedNumbers(model: Model, { weights, optimizerVariables }: TrainedNumbers): Model {
  const edited = mapLayers(model, (layer, path) => {
    const paths = weightPaths(path, layer);
    return {
      ...layer,
      weights: layer.weights.map((weight, index) => (Object.hasOwn(weights, paths[index]) ? { ...weight, bytes: weights[paths[index]] } : weight)),
    };
  });
  return { ...edited, optimizerVariables };
}

function weightsByPath(model: Model): ReadonlyMap<string, Uint8Array> {
  return new Map([...walkLayers(model)].flatMap(({ path, layer }) => weightPaths(path, layer).map((name, index) => [name, layer.weights[index].bytes] as const)));
}
