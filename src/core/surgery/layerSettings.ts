import type { JsonObject } from '../model/json';

// What settings the classes have, without the classes: menus need not load the layers.

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
