import { SurgeryError } from '../errors';
import { networkOutputSpecs } from '../inspect/outputShapes';
import type { KerasShape } from '../layers/layer';
import { isJsonObject, type Json } from '../model/json';
import type { Layer, Model, Network, Weight } from '../model/model';
import { readCompileConfig } from './compileConfig';
import { layerFromConfig } from './kerasConfig';
import { checkedWeight, weightSpecs } from './kerasWeights';
import { modernConfig } from './legacyConfig';
import { modernCompileConfig } from './legacyTraining';

/**
 * A Keras architecture (`model.to_json()` of Keras 2 or 3, or the config.json of a `.keras`) as a model whose weights are zeros and
 * `untrained`: the operation `loadWeights` gives it all of them, or refuses. Throws `format-broken`, `unsupported` for a model that only its
 * author's code can build, and for a layer whose variables are not known.
 */
export function readArchitecture(json: Json, where: string): Model {
  if (!isJsonObject(json)) throw new SurgeryError('format-broken', 'The architecture is no object.', { expected: 'class_name and config', where });
  const version = typeof json['keras_version'] === 'string' ? json['keras_version'] : 'unknown';
  const keras2 = !('module' in json);
  const { entry, problems } = modernConfig(json, keras2, 'model_config');
  const root = layerFromConfig(entry, 'model_config');
  if (!root.network) {
    throw new SurgeryError('unsupported', 'The model is a class that only its own code can build.', { expected: 'a Sequential or Functional model', received: root.opaque ?? root.className, where });
  }
  const compileConfig = isJsonObject(root.envelope['compile_config']) ? root.envelope['compile_config'] : null;
  const { reads } = networkOutputSpecs(root.network);
  return {
    root: { ...root, network: withZeros(root.network, '', reads) },
    compile: readCompileConfig((keras2 ? modernCompileConfig(compileConfig) : compileConfig) ?? undefined),
    compileConfig: keras2 ? null : compileConfig,
    optimizerVariables: [],
    format: 'keras',
    kerasVersion: version,
    problems,
    untrained: true,
  };
}

function withZeros(network: Network, prefix: string, reads: ReadonlyMap<string, readonly KerasShape[]>): Network {
  const layers = network.layers.map((layer): Layer => {
    if (layer.operation) return layer;
    const path = prefix + layer.name;
    return layer.network ? { ...layer, network: withZeros(layer.network, `${path}/`, reads) } : { ...layer, weights: zeros(layer, path, reads.get(path)) };
  });
  return { ...network, layers };
}

function zeros(layer: Layer, path: string, reads: readonly KerasShape[] | undefined): Weight[] {
  const specs = weightSpecs(layer, reads);
  if (!specs) {
    throw new SurgeryError('unsupported', 'The variables of a layer are not known, so an architecture alone does not say them.', { expected: 'layers of Keras', received: layer.opaque ?? layer.className, where: path });
  }
  return specs.map((spec) => {
    const bytes = new Uint8Array(4 * spec.shape.reduce((size, dim) => size * dim, 1));
    return checkedWeight(spec, { shape: spec.shape, dtype: 'float32', bytes }, path);
  });
}
