import type { CompileSettings, ModelFormat, Problem } from '../model/model';

type FreeShape = readonly (number | null)[];

export interface WeightInspection {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The variable's own kind, whatever the layer's flag. */
  readonly trainable: boolean;
}

export interface LayerInspection {
  readonly path: string;
  readonly name: string;
  readonly class: string;
  /** `null` where it cannot be known (opaque layers and what follows them). Several outputs: the first. */
  readonly outputShape: FreeShape | null;
  /** Parameters of the layer and of everything inside it, as `count_params`. */
  readonly parameters: number;
  readonly trainable: boolean;
  readonly effectiveTrainable: boolean;
  /** Why it is effectively frozen: `own flag`, or `frozen by NAME` for the outermost frozen parent; null when trainable. */
  readonly frozenBecause: string | null;
  /** Why the layer cannot be run; null for a layer that can. */
  readonly opaque: string | null;
  readonly weights: readonly WeightInspection[];
}

export interface TensorInspection {
  readonly name: string;
  readonly shape: FreeShape;
  readonly dtype: string;
}

/** What `inspect` and `openModel` say of a model. */
export interface Inspection {
  readonly format: ModelFormat;
  readonly kerasVersion: string;
  readonly name: string;
  readonly class: string;
  /** Of the source file. */
  readonly sha256: string;
  readonly parameters: { readonly total: number; readonly trainable: number; readonly frozen: number };
  readonly inputs: readonly TensorInspection[];
  readonly outputs: readonly TensorInspection[];
  readonly layers: readonly LayerInspection[];
  readonly compile: CompileSettings | null;
  readonly problems: readonly Problem[];
  /** Path of the output layer, where there is one. */
  readonly head: string | null;
}
