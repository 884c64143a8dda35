import type { JsonObject } from '../../src/core/model/json';
import type { Argument, Call, Layer, Model, Network, TensorRef } from '../../src/core/model/model';
import { encodeNumbers } from '../../src/core/weights/decode';
import { uniform } from './opCases/opCase';

const units = 4;
const keras = (module: string, name: string, more: JsonObject = {}): JsonObject => ({ module, class_name: name, config: more, registered_name: null });
const dtype = keras('keras', 'DTypePolicy', { name: 'float32' });
const tensor = (layer: string): TensorRef => ({ kind: 'tensor', layer, call: 0, output: 0 });

/** An Add is called with a list of what it adds. */
function call(layer: string, ...from: readonly string[]): Call {
  const args: readonly Argument[] = from.length === 1 ? [tensor(from[0])] : [{ kind: 'list', items: from.map(tensor) }];
  return { layer, call: 0, args, kwargs: {} };
}

function plain(name: string, className: string, more: JsonObject = {}): Layer {
  return { name, className, envelope: { module: 'keras.layers', registered_name: null }, config: { name, trainable: true, dtype, ...more }, trainable: true, weights: [] };
}

function dense(name: string, seed: number): Layer {
  const next = uniform(seed);
  const kernel = encodeNumbers('float32', Array.from({ length: units * units }, () => next() - 0.5));
  const bias = encodeNumbers('float32', new Array<number>(units).fill(0));
  const initializers = { kernel_initializer: keras('keras.initializers', 'GlorotUniform', { seed: null }), bias_initializer: keras('keras.initializers', 'Zeros') };
  return {
    ...plain(name, 'Dense', { units, activation: 'relu', use_bias: true, ...initializers, kernel_regularizer: null, bias_regularizer: null, kernel_constraint: null, bias_constraint: null }),
    weights: [
      { name: 'kernel', shape: [units, units], dtype: 'float32', trainable: true, bytes: kernel },
      { name: 'bias', shape: [units], dtype: 'float32', trainable: true, bytes: bias },
    ],
  };
}

function input(name: string): Layer {
  return plain(name, 'InputLayer', { batch_shape: [null, units], sparse: false, ragged: false });
}

function network(layers: readonly Layer[], calls: readonly Call[]): Network {
  const [first, last] = [layers[0].name, layers[layers.length - 1].name];
  return { kind: 'functional', layers, calls, inputs: [{ name: first, shape: [null, units], dtype: 'float32', ref: tensor(first) }], outputs: [{ name: last, ref: tensor(last) }] };
}

function functional(name: string, inside: Network): Layer & { readonly network: Network } {
  return { ...plain(name, 'Functional'), envelope: { module: 'keras.src.models.functional', registered_name: 'Functional' }, network: inside };
}

/** Residual blocks of two Dense layers and an Add. */
function blocks(prefix: string, count: number, after: string): { readonly layers: Layer[]; readonly calls: Call[] } {
  const layers: Layer[] = [];
  const calls: Call[] = [];
  let from = after;
  for (let block = 0; block < count; block++) {
    const [a, b, sum] = ['a', 'b', 'add'].map((part) => `${prefix}_${block}_${part}`);
    layers.push(dense(a, 2 * block + 1), dense(b, 2 * block + 2), plain(sum, 'Add'));
    calls.push(call(a, from), call(b, a), call(sum, from, b));
    from = sum;
  }
  return { layers, calls };
}

/** A network of `3 * count + 4` layers: an input, branches of two arms, a nested model of two residual blocks, then `count` blocks more. */
export function blockModel(count: number): Model {
  const nested = blocks('inner', 2, 'inner_input');
  const base = functional('base', network([input('inner_input'), ...nested.layers], nested.calls));
  const tail = blocks('block', count, 'base');
  const layers = [input('pixels'), dense('left', 7001), dense('right', 7002), plain('merge', 'Add'), base, ...tail.layers];
  const calls = [call('left', 'pixels'), call('right', 'pixels'), call('merge', 'left', 'right'), call('base', 'merge'), ...tail.calls];
  return {
    root: functional('blocks', network(layers, calls)),
    compile: null, compileConfig: null, optimizerVariables: [], format: 'keras', kerasVersion: '3.15.1', problems: [],
  };
}
