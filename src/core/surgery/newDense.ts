import { initialize } from '../layers/initializers';
import type { JsonObject } from '../model/json';
import type { Layer, Weight } from '../model/model';
import { RandomStream } from '../training/random';
import { encodeNumbers } from '../weights/decode';

export interface NewDense {
  readonly name: string;
  /** Numbers per sample that it reads. */
  readonly size: number;
  readonly units: number;
  /** A name of keras.activations. */
  readonly activation: string;
  /** Seed of the kernel. */
  readonly seed: number;
}

/** A Dense as Keras 3 makes it by default: Glorot's uniform kernel from the stream `initialization`, a bias of zeros, float32. */
export function newDense({ name, size, units, activation, seed }: NewDense): Layer {
  const kernel = initialize('glorot_uniform', [size, units], new RandomStream(seed, 'initialization'));
  return {
    name,
    className: 'Dense',
    envelope: { module: 'keras.layers', registered_name: null, build_config: { input_shape: [null, size] } },
    config: denseConfig(name, units, activation),
    trainable: true,
    weights: [variable('kernel', [size, units], kernel), variable('bias', [units], new Float32Array(units))],
  };
}

function variable(name: string, shape: readonly number[], values: Float32Array): Weight {
  return { name, shape, dtype: 'float32', trainable: true, bytes: encodeNumbers('float32', values) };
}

function denseConfig(name: string, units: number, activation: string): JsonObject {
  return {
    name,
    trainable: true,
    dtype: kerasObject('keras', 'DTypePolicy', { name: 'float32' }),
    units,
    activation,
    use_bias: true,
    kernel_initializer: kerasObject('keras.initializers', 'GlorotUniform', { seed: null }),
    bias_initializer: kerasObject('keras.initializers', 'Zeros', {}),
    kernel_regularizer: null,
    bias_regularizer: null,
    kernel_constraint: null,
    bias_constraint: null,
  };
}

function kerasObject(module: string, className: string, config: JsonObject): JsonObject {
  return { module, class_name: className, config, registered_name: null };
}
