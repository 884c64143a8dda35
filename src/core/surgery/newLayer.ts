import { initialize } from '../layers/initializers';
import type { KerasShape, WeightSpec } from '../layers/layer';
import { parseLayer } from '../layers/registry';
import type { JsonObject } from '../model/json';
import { weightPaths, type Layer, type Weight } from '../model/model';
import { RandomStream } from '../training/random';
import { encodeNumbers } from '../weights/decode';

export interface NewLayer {
  readonly name: string;
  /** Path that it will have; its random numbers are named by it. */
  readonly path: string;
  readonly className: string;
  /** What differs from Keras' defaults. */
  readonly config: JsonObject;
  /** What it reads. */
  readonly inputs: readonly KerasShape[];
  readonly seed: number;
}

/**
 * A layer as Keras 3 makes it, in float32, each variable drawn by its initializer. Throws `layer-opaque` for a class that cannot
 * be run, `config-invalid`, `unsupported`, and `shape-mismatch` where it cannot read these inputs.
 */
export function newLayer({ name, path, className, config, inputs, seed }: NewLayer): Layer {
  const dtype = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null };
  const bare: Layer = {
    name,
    className,
    envelope: { module: 'keras.layers', registered_name: null },
    config: { name, dtype, ...config },
    trainable: true,
    weights: [],
  };
  const parsed = parseLayer(bare, path);
  parsed.definition.outputShapes(parsed.config, inputs);
  const specs = parsed.definition.weights(parsed.config, inputs);
  if (specs.length === 0) return bare;
  const built = inputs.length === 1 ? { build_config: { input_shape: inputs[0] } } : {};
  const empty = { ...bare, envelope: { ...bare.envelope, ...built }, weights: specs.map(emptyWeight) };
  return { ...empty, weights: drawWeights(empty, specs, { path, seed }) };
}

function emptyWeight({ name, shape, trainable, group, inOwnGroup }: WeightSpec): Weight {
  return { name, shape, dtype: 'float32', trainable, bytes: new Uint8Array(0), ...(group === undefined ? {} : { group }), ...(inOwnGroup ? { inOwnGroup } : {}) };
}

/** The layer's weights drawn anew, each from a random stream of its own name. The specs are those of the weights, in their order. */
export function drawWeights(layer: Layer, specs: readonly WeightSpec[], { path, seed }: { readonly path: string; readonly seed: number }): Weight[] {
  const paths = weightPaths(path, layer);
  return layer.weights.map((weight, index) => {
    const spec = specs[index];
    const numbers = initialize(spec.initializer, spec.shape, new RandomStream(seed, `initialization/${paths[index]}`));
    return { ...weight, shape: spec.shape, bytes: encodeNumbers(weight.dtype, numbers) };
  });
}
