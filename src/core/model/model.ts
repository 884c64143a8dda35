import type { StoredDType } from './tensor';
import type { Json, JsonObject } from './json';

/** One variable of a layer. The bytes are little endian, row-major, in the stored element type; nobody changes them in place. */
export interface Weight {
  /** The variable's own name: `kernel`, `bias`, `moving_mean`, … */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  /** The variable's kind, whatever the layer's flag: a kernel is trainable, a moving statistic or a seed state never. */
  readonly trainable: boolean;
  readonly bytes: Uint8Array;
  /** Of a weight that stays in its file: `length` bytes from `offset`, without the others. A spread loses it. */
  readonly part?: (offset: number, length: number) => Uint8Array;
  /** Where it stands in a Keras 3 weights file below the layer's own group; the layer itself where left out. */
  readonly group?: string;
  /** It stands among the layer's own too. */
  readonly inOwnGroup?: true;
}

/** A layer as the file holds it, and the flag that we may change. Immutable: surgery makes new ones. */
export interface Layer {
  readonly name: string;
  readonly className: string;
  /** `module`, `registered_name`, `build_config` and whatever else stands beside `config` in the file, kept as read. */
  readonly envelope: JsonObject;
  /** Keras 3's `config` of the layer (files of Keras 2 are translated when read), unknown keys included. `name` and
   *  `trainable` in it are overwritten from the fields of this object when it is written. */
  readonly config: JsonObject;
  /** The layer's own flag. Effective is: this one and that of every parent, see `flags.ts`. */
  readonly trainable: boolean;
  /** Own variables in Keras' order (`layer.weights` of a layer without sublayers). */
  readonly weights: readonly Weight[];
  /** Present when this is a nested (or the outermost) Sequential or Functional model. */
  readonly network?: Network;
  /** Why this layer is shown and kept, but cannot be run. */
  readonly opaque?: string;
  /** A node of `keras.ops` in a Functional graph: it has calls, and is not among Keras' `model.layers`. */
  readonly operation?: true;
  /** What an opaque layer has in the weights file below its own group, by path: kept as it is. */
  readonly keptWeights?: readonly KeptGroup[];
  /** The layer's files in the `assets` of a `.keras` archive (a vocabulary), by their path below the layer's own. */
  readonly assets?: Readonly<Record<string, Uint8Array>>;
}

/** What a `.keras` archive holds that belongs to no layer and that nobody interprets: written back as it was. */
export interface KeptParts {
  /** `metadata.json` */
  readonly metadata: JsonObject;
  /** Members of the archive by name. */
  readonly members: Readonly<Record<string, Uint8Array>>;
  /** Groups of the weights file beside the layers. */
  readonly groups: readonly KeptGroup[];
  /** Groups inside the optimizer's: they go where its variables go. */
  readonly optimizerGroups: readonly KeptGroup[];
}

/** A group or variable of a weights file that nobody interprets. */
export interface KeptGroup {
  /** Relative to the layer's group; '' is the group itself. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, string | number | readonly string[]>>;
  readonly tensor?: { readonly shape: readonly number[]; readonly dtype: StoredDType; readonly bytes: Uint8Array };
}

/** One output of one call of a layer, as Keras' `keras_history`. */
export interface TensorRef {
  readonly kind: 'tensor';
  readonly layer: string;
  /** Which call of the layer: 0 for the first. A shared layer has several. */
  readonly call: number;
  readonly output: number;
  /** As the file says them beside the reference; kept for writing, believed by nobody. */
  readonly shape?: Json;
  readonly dtype?: Json;
}

/** What is handed to a call: a tensor, a list or dictionary of arguments, or a plain value. */
export type Argument =
  | TensorRef
  | { readonly kind: 'list'; readonly items: readonly Argument[] }
  | { readonly kind: 'dict'; readonly items: Readonly<Record<string, Argument>> }
  /** `spelling` is the text of a number that JavaScript would not write back as it stood: `2.0`. */
  | { readonly kind: 'value'; readonly value: Json; readonly spelling?: string };

/** One call of a layer in a graph. */
export interface Call {
  readonly layer: string;
  readonly call: number;
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
}

/** An input of a network: the tensor it binds and what may be fed to it. `null` is a free axis; axis 0 is the batch. */
export interface NetworkInput {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
  readonly ref: TensorRef;
}

export interface NetworkOutput {
  /** Keras' `output_names`: the name of the layer that gives it. */
  readonly name: string;
  readonly ref: TensorRef;
}

/**
 * The graph inside a Sequential or Functional model. `layers` is Keras' `model.layers` in its order: a Functional lists
 * its InputLayers, a Sequential does not (its hidden input tensor is named by `inputs[0].ref`). `calls` are in an order
 * in which each call comes after what it reads; calls of InputLayers are not among them.
 */
export interface Network {
  readonly kind: 'sequential' | 'functional';
  readonly layers: readonly Layer[];
  readonly calls: readonly Call[];
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly NetworkOutput[];
}

/** A Keras loss, metric, optimizer or initializer: a name or `{ class_name, config }`. */
export type KerasObject = string | { readonly class_name: string; readonly config: JsonObject };

/** What `compile` was told, in Keras' words. Several outputs: a list in their order or an object by output name. */
export interface CompileSettings {
  readonly loss: KerasObject | readonly (KerasObject | null)[] | Readonly<Record<string, KerasObject | null>> | null;
  readonly metrics: readonly (KerasObject | readonly KerasObject[])[] | Readonly<Record<string, KerasObject | readonly KerasObject[]>>;
  /** Measured with the samples' weights. */
  readonly weightedMetrics?: CompileSettings['metrics'];
  readonly lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  readonly optimizer: KerasObject | null;
}

/** An optimizer variable as Keras saves it, in Keras' order: iteration, learning_rate, then the slots. */
export interface OptimizerVariable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  readonly bytes: Uint8Array;
}

export type ModelFormat = 'keras' | 'h5' | 'tfjs-layers' | 'saved-model';

/** Something about a model that its user should know and that did not stop us from opening it. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly where?: string;
}

/** A whole model. `root` is the outermost Sequential or Functional. */
export interface Model {
  readonly root: Layer & { readonly network: Network };
  readonly compile: CompileSettings | null;
  /** The compile settings as the file has them, for what we do not read. */
  readonly compileConfig: JsonObject | null;
  readonly optimizerVariables: readonly OptimizerVariable[];
  readonly format: ModelFormat;
  /** The Keras version that wrote the file. */
  readonly kerasVersion: string;
  readonly problems: readonly Problem[];
  readonly kept?: KeptParts;
  /** An architecture alone: its weights are zeros until `loadWeights` has given it all of them. */
  readonly untrained?: boolean;
}

/** A layer and where it stands. */
export interface PlacedLayer {
  /** Names joined by `/`; never the root's. */
  readonly path: string;
  readonly layer: Layer;
  /** From the outermost inwards, the root first. */
  readonly parents: readonly Layer[];
}

/** Every layer below the root in the order of `inspect`: a nested model, then its own layers. */
export function* walkLayers(model: Model): Generator<PlacedLayer> {
  yield* walkNetwork(model.root, '', []);
}

function* walkNetwork(parent: Layer, prefix: string, above: readonly Layer[]): Generator<PlacedLayer> {
  const parents = [...above, parent];
  for (const layer of parent.network?.layers ?? []) {
    if (layer.operation) continue;
    const path = prefix + layer.name;
    yield { path, layer, parents };
    if (layer.network) yield* walkNetwork(layer, `${path}/`, parents);
  }
}

/** Own flag and every parent's, as Keras computes it. */
export function isEffectivelyTrainable(placed: PlacedLayer): boolean {
  return placed.layer.trainable && placed.parents.every((parent) => parent.trainable);
}

/** The name of a weight among all weights of a model: layer path, `/`, variable name. Two variables of one layer may
 *  share a name, the later ones then end in `_1`, `_2`, … */
export function weightPaths(path: string, layer: Layer): string[] {
  const seen = new Map<string, number>();
  return layer.weights.map(({ name }) => {
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return `${path}/${times === 0 ? name : `${name}_${times}`}`;
  });
}
