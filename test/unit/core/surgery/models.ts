import { outputSpecs } from '../../../../src/core/inspect/outputShapes';
import { parseLayer } from '../../../../src/core/layers/registry';
import type { JsonObject } from '../../../../src/core/model/json';
import type { Call, Layer, Model, Network, TensorRef } from '../../../../src/core/model/model';
import { RandomStream } from '../../../../src/core/training/random';
import { encodeNumbers } from '../../../../src/core/weights/decode';

/** A layer of this class, without its weights yet. */
export function layer(className: string, name: string, config: JsonObject = {}): Layer {
  return { name, className, envelope: { module: 'keras.layers', registered_name: null }, config: { name, trainable: true, ...config }, trainable: true, weights: [] };
}

export function dense(name: string, units: number, activation = 'linear'): Layer {
  return layer('Dense', name, { units, activation });
}

function tensor(name: string, call = 0): TensorRef {
  return { kind: 'tensor', layer: name, call, output: 0 };
}

export function sequential(shape: readonly (number | null)[], layers: readonly Layer[]): Network {
  const inputs = [{ name: 'entry', shape: [null, ...shape], dtype: 'float32', ref: tensor('entry') }];
  const names = ['entry', ...layers.map(({ name }) => name)];
  const calls = layers.map(({ name }, index): Call => ({ layer: name, call: 0, args: [tensor(names[index])], kwargs: {} }));
  const last = names[names.length - 1];
  return { kind: 'sequential', layers, calls, inputs, outputs: [{ name: last, ref: tensor(last) }] };
}

/** What a layer's calls read: one list of layer names (`NAME` or `NAME:CALL`) for each call. */
export type Wiring = readonly (readonly [Layer, ...(readonly string[])[]])[];

/** Layers in the order of their first call; several names are handed over as a list. */
export function functional(inputs: Readonly<Record<string, readonly (number | null)[]>>, wiring: Wiring, outputs: readonly string[]): Network {
  const read = (text: string): TensorRef => {
    const [name, call = '0'] = text.split(':');
    return tensor(name, Number(call));
  };
  const entries = Object.entries(inputs).map(([name, shape]) => ({ name, shape: [null, ...shape], dtype: 'float32', ref: tensor(name) }));
  const calls = wiring.flatMap(([{ name }, ...reads]) => reads.map((texts, call): Call => {
    const refs = texts.map(read);
    return { layer: name, call, args: [refs.length === 1 ? refs[0] : { kind: 'list', items: refs }], kwargs: {} };
  }));
  const inputLayers = entries.map(({ name, shape }) => layer('InputLayer', name, { batch_shape: shape }));
  const given = outputs.map((text) => ({ name: read(text).layer, ref: read(text) }));
  return { kind: 'functional', layers: [...inputLayers, ...wiring.map(([each]) => each)], calls, inputs: entries, outputs: given };
}

export function nested(name: string, network: Network): Layer {
  return { ...layer(network.kind === 'sequential' ? 'Sequential' : 'Functional', name), network };
}

/** A model around a network, every weight drawn. Throws where shapes do not fit. */
export function built(network: Network, more: Partial<Model> = {}): Model {
  const root = { ...nested('model', network), network };
  const bare: Model = { root, compile: null, compileConfig: null, optimizerVariables: [], format: 'keras', kerasVersion: '3.15.1', problems: [], ...more };
  const { reads } = outputSpecs(bare);
  const random = new RandomStream(11, 'weights');
  const fill = (each: Layer, path: string): Layer => {
    if (each.network) {
      const inner = each.network;
      return { ...each, network: { ...inner, layers: inner.layers.map((child) => fill(child, `${path}/${child.name}`)) } };
    }
    const { definition, config } = parseLayer(each, path);
    const specs = each.className === 'InputLayer' ? [] : definition.weights(config, reads.get(path) ?? []);
    const weights = specs.map(({ name, shape, trainable }) => {
      const size = shape.reduce((product, next) => product * next, 1);
      return { name, shape, trainable, dtype: 'float32' as const, bytes: encodeNumbers('float32', random.uniforms(size)) };
    });
    return { ...each, weights };
  };
  return { ...bare, root: { ...root, network: { ...network, layers: network.layers.map((each) => fill(each, each.name)) } } };
}

/** A settled compile state with optimizer slots for the given trainable weights. */
export const compiled: Pick<Model, 'compile' | 'compileConfig' | 'optimizerVariables'> = {
  compile: { loss: 'categorical_crossentropy', metrics: ['accuracy'], optimizer: { class_name: 'SGD', config: { learning_rate: 0.5 } } },
  compileConfig: { loss: 'categorical_crossentropy', metrics: ['accuracy'], loss_weights: null, run_eagerly: false },
  optimizerVariables: [{ name: 'iteration', shape: [], dtype: 'int64', bytes: new Uint8Array(8) }],
};
