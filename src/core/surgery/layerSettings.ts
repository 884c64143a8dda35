import type { Json, JsonObject } from '../model/json';
import type { Layer, Model } from '../model/model';
import { editLayer, keepOptimizer } from './edit';
import { requireFit } from './fit';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';

const convolutions = ['Conv1D', 'Conv2D', 'Conv3D', 'Conv1DTranspose', 'Conv2DTranspose', 'Conv3DTranspose'];
const recurrent = ['SimpleRNN', 'LSTM', 'GRU', 'ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D'];
const separable = ['SeparableConv1D', 'SeparableConv2D'];
const depthwise = ['DepthwiseConv1D', 'DepthwiseConv2D'];

/** Classes that take `activation`. */
const activated = new Set(['Dense', 'EinsumDense', 'Activation', ...convolutions, ...recurrent, ...separable, ...depthwise]);

/** What of a class Keras takes a regularizer for; a file may leave settings out that are as by default. */
const regularized: Readonly<Record<string, readonly string[]>> = {
  Dense: ['kernel', 'bias'], EinsumDense: ['kernel', 'bias'], Embedding: ['embeddings'], PReLU: ['alpha'],
  BatchNormalization: ['gamma', 'beta'], LayerNormalization: ['gamma', 'beta'], GroupNormalization: ['gamma', 'beta'],
  ...byClass(convolutions, ['kernel', 'bias']), ...byClass(recurrent, ['kernel', 'recurrent', 'bias']),
  ...byClass(separable, ['depthwise', 'pointwise', 'bias']), ...byClass(depthwise, ['depthwise', 'bias']),
};

function byClass(classes: readonly string[], names: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(classes.map((name) => [name, names]));
}

/** The layer has the setting `activation`. */
export function takesActivation({ className, config }: { readonly className: string; readonly config?: JsonObject }): boolean {
  return activated.has(className) || (config !== undefined && 'activation' in config);
}

/** Names of what of a layer may be regularized: `kernel`, `bias`, …; `activity`, its output, always. */
export function regularizable({ className, config }: { readonly className: string; readonly config?: JsonObject }): string[] {
  const named = Object.keys(config ?? {}).flatMap((key) => /^(\w+)_regularizer$/.exec(key)?.[1] ?? []);
  return [...new Set([...(Object.hasOwn(regularized, className) ? regularized[className] : []), ...named, 'activity'])];
}

/** The model with one setting of a layer changed; the weights stay. Throws `shape-mismatch` where what follows does not fit any more. */
export function withSetting(model: Model, path: string, change: Readonly<Record<string, Json>>): Model {
  const edited = editLayer(model, path, (layer) => ({ ...layer, config: { ...layer.config, ...change } }));
  requireFit(edited);
  return keepOptimizer(model, refreshShapes(edited));
}

/** A layer whose settings are known: no network, and none whose class cannot be run. Throws `operation-refused`. */
export function requireSettings(layer: Layer, path: string): void {
  if (layer.network) throw refused('A model has no settings of its own.', { expected: 'a layer', received: layer.className, where: path });
  if (layer.opaque !== undefined) throw refused('The settings of this layer are not known.', { expected: 'a layer that can be run', received: layer.opaque, where: path });
}
