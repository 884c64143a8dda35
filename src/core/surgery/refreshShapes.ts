import { networkOutputSpecs, type NetworkSpecs } from '../inspect/outputShapes';
import { isJsonObject, type JsonObject } from '../model/json';
import type { Layer, Model, Network, NetworkInput, TensorRef } from '../model/model';
import { mapRefs } from './edit';

/**
 * The shapes that a file says beside references and layers, put right after shapes have changed: Keras builds a layer by what
 * its `build_config` says, and writes each reference with a shape. What an opaque layer leaves unknown stays as it was.
 */
export function refreshShapes(model: Model): Model {
  return { ...model, root: { ...refreshed(model.root, undefined), network: refreshNetwork(model.root.network) } };
}

function refreshNetwork(network: Network): Network {
  const specs = networkOutputSpecs(network);
  const layers = network.layers.map((layer) => {
    const inner = layer.network ? { ...layer, network: refreshNetwork(layer.network) } : layer;
    return refreshed(inner, specs);
  });
  return mapRefs({ ...network, layers }, (ref) => withoutShape(ref, specs));
}

function withoutShape(ref: TensorRef, { layers }: NetworkSpecs): TensorRef {
  if (!layers.get(ref.layer)?.[ref.output]?.shape) return ref;
  const { kind, layer, call, output } = ref;
  return { kind, layer, call, output };
}

/** A network is built from its inputs, a layer from the first tensor that it reads. */
function refreshed<L extends Layer>(layer: L, specs: NetworkSpecs | undefined): L {
  const shape = layer.network ? layer.network.inputs.at(0)?.shape : specs?.reads.get(layer.name)?.at(0);
  if (!shape) return layer;
  const config = layer.network?.kind === 'sequential' ? sequentialConfig(layer.config, layer.network.inputs[0]) : layer.config;
  const built = layer.envelope['build_config'];
  if (!isJsonObject(built) || !isShape(built['input_shape'])) return { ...layer, config };
  return { ...layer, config, envelope: { ...layer.envelope, build_config: { ...built, input_shape: shape } } };
}

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.every((size) => size === null || typeof size === 'number');
}

/** The hidden InputLayer and the shape of a Sequential stand in its config. */
function sequentialConfig(config: JsonObject, { shape, dtype, ref }: NetworkInput): JsonObject {
  const layers = config['layers'];
  const hidden = Array.isArray(layers) ? (layers as readonly unknown[])[0] as JsonObject | undefined : undefined;
  const own = isJsonObject(hidden) && hidden['class_name'] === 'InputLayer' && isJsonObject(hidden['config']) ? hidden['config'] : undefined;
  const placed = hidden && own ? { layers: [{ ...hidden, config: { ...own, batch_shape: shape, dtype, name: ref.layer } }] } : {};
  return { ...config, ...placed, ...('build_input_shape' in config ? { build_input_shape: shape } : {}) };
}
