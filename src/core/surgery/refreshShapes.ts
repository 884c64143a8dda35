import { networkOutputSpecs, type NetworkSpecs } from '../inspect/outputShapes';
import type { KerasShape } from '../layers/layer';
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

/** A network is built from its inputs, a layer from what it reads. */
function refreshed<L extends Layer>(layer: L, specs: NetworkSpecs | undefined): L {
  const reads = layer.network ? layer.network.inputs.slice(0, 1).map(({ shape }) => shape) : specs?.reads.get(layer.name) ?? [];
  if (reads.length === 0) return layer;
  const config = layer.network?.kind === 'sequential' ? sequentialConfig(layer.config, layer.network.inputs[0]) : layer.config;
  const built = layer.envelope['build_config'];
  return isJsonObject(built) ? { ...layer, config, envelope: { ...layer.envelope, build_config: builtFor(built, reads) } } : { ...layer, config };
}

/** Keras writes one shape, a list of what a merging layer joins, or shapes by the names of the arguments of `build`. */
function builtFor(built: JsonObject, reads: readonly KerasShape[]): JsonObject {
  const { input_shape: one, shapes_dict: byName } = built;
  if (isShape(one)) return { ...built, input_shape: reads[0] };
  if (Array.isArray(one) && one.length === reads.length && one.every(isShape)) return { ...built, input_shape: reads };
  if (!isJsonObject(byName) || Object.keys(byName).length !== reads.length || !Object.values(byName).every(isShape)) return built;
  return { ...built, shapes_dict: Object.fromEntries(Object.keys(byName).map((name, index) => [name, reads[index]])) };
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
