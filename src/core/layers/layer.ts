import type { Json, JsonObject } from '../model/json';
import type { ComputeDType } from '../model/tensor';
import type { Layer } from '../model/model';
import type { Value } from '../ops/graph';
import type { HostColumn } from './hostColumn';

/** A shape as Keras shows it: `null` is a free axis, axis 0 the batch. */
export type KerasShape = readonly (number | null)[];

/** A variable that a layer creates. */
export interface WeightSpec {
  /** Keras' name of the variable. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Json;
  readonly trainable: boolean;
  readonly regularizer?: Json;
  readonly constraint?: Json;
  /** Where it stands in a Keras 3 weights file below the layer's own group: `cell`, `layer`; the layer itself where left out. */
  readonly group?: string;
  /** It stands among the layer's own too: Keras writes a variable that two layers hold twice. */
  readonly inOwnGroup?: true;
}

/** Uniform in [0, 1), or the standard normal distribution. */
export type Distribution = 'uniform' | 'normal';

/** Keras' `_keras_mask` of a tensor: bool, [batch, steps], true where a step counts. */
export type Mask = Value | undefined;

/** An input as a symbolic graph knows it. */
export interface InputType {
  readonly shape: KerasShape;
  readonly dtype: ComputeDType;
}

/** What a layer's forward function may ask for. */
export interface CallContext<C> {
  readonly config: C;
  /** The layer's own variables by name. */
  readonly weights: Readonly<Partial<Record<string, Value>>>;
  /** Keras' `training` argument. */
  readonly training: boolean;
  /** Effective trainable; a BatchNormalization that is not runs in inference mode. */
  readonly trainable: boolean;
  /** Random numbers, uniform in [0, 1) unless told, drawn by the host for each step: an input of the program. */
  readonly random: (shape: readonly number[], distribution?: Distribution) => Value;
  /** Says what a non-trainable variable of this layer holds after the step; a trainable one is trained from what is said. */
  readonly update: (weight: string, next: Value) => void;
  /** Adds to the training loss (activity regularization). */
  addLoss(scalar: Value): void;
  /** Masks of the inputs, by input: what was given as `mask` (or `query_mask`, …), or else what the tensors carry. */
  readonly masks: readonly Mask[];
  /** Tensors that the call was given by name beside its inputs; lists flattened. */
  readonly named: Readonly<Partial<Record<string, readonly Value[]>>>;
  /** Plain values that the call was given by name. */
  readonly settings: JsonObject;
}

/**
 * A Keras layer class as a function over the ops. One file each, all of this outline; `layers/registry.ts` lists them.
 * `C` is its config, parsed.
 */
export interface LayerDefinition<C> {
  readonly className: string;
  /** False where training is refused by name. */
  readonly trains?: false;
  /** What of Keras' class is refused by name, beyond what is refused everywhere; for docs/layers.md. */
  readonly limits?: string;
  /** Checks and completes a Keras 3 config. Throws `config-invalid`, or `unsupported` with the name of what is not. Unknown keys pass. */
  parse(config: JsonObject, where: string): C;
  /** The config with what the file keeps of the layer beside it (a vocabulary among the assets): that is what is parsed. */
  withFiles?(layer: Layer): JsonObject;
  /** The variables in Keras' order. */
  weights(config: C, inputs: readonly KerasShape[]): readonly WeightSpec[];
  /** Shapes of the outputs; free axes stay free. `settings` are the plain values of the call. Throws `shape-mismatch`. */
  outputShapes(config: C, inputs: readonly KerasShape[], settings?: JsonObject): readonly KerasShape[];
  /** Element types of the outputs, by shape and type of the inputs; that of the layer's policy where left out. */
  outputDTypes?(config: C, inputs: readonly InputType[]): readonly ComputeDType[];
  call(context: CallContext<C>, inputs: readonly Value[]): readonly Value[];
  /** The same for rows of a data set, on the host: what works on texts, or on integers that no engine holds. Where a layer has this and all
   *  that it reads comes from the data, the graph begins after it. Throws `data-mismatch`. */
  onHost?(config: C, inputs: readonly HostColumn[]): HostColumn;
  /** Names of Keras' tensor arguments, in order, where `call` has several: each may come by place or by name. */
  readonly inputNames?: readonly string[];
  /** What else the call may be given by name; anything not listed is refused. `training` and `mask` need no mention. */
  readonly argumentNames?: readonly string[];
  /** It adds its activity regularization itself: not that of its outputs. */
  readonly ownPenalty?: true;
  /** Whether a layer inside it adds to the loss. */
  addsLoss?(config: C): boolean;
  /** The first output has the mask of the first input: Keras' `supports_masking` without a `compute_mask` of its own. */
  readonly passesMask?: true;
  /** Masks of the outputs, in order. Where neither this nor `passesMask` is there, masks end here. */
  outputMasks?(context: CallContext<C>, inputs: readonly Value[], outputs: readonly Value[]): readonly Mask[];
  /** Whether the layer gives masks of its own. What is cached has none: such a layer cannot stand in a cached frozen prefix. */
  makesMask?(config: C): boolean;
  /** Why its output in training differs from that in inference (random, or batch statistics): it cannot stand in a
   *  cached frozen prefix. Given the config and effective trainability; undefined where training changes nothing. */
  trainingDiffers?(config: C, trainable: boolean): string | undefined;
}
