import { networkOutputSpecs, type NetworkSpecs } from '../inspect/outputShapes';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Argument, Call, Layer, Network, TensorRef } from '../model/model';
import { withInnerFreeze } from './innerFlags';
import { builtInNodes, layerFromConfig } from './kerasConfig';
import { spell, withKeys, withoutKeys } from './pythonJson';

/** What stands beside the config where the file had nothing: files of Keras 2, layers of ours. */
function envelopeOf({ network, className }: Layer): { readonly module: string; readonly class_name: string; readonly registered_name: string | null } {
  if (network?.kind === 'functional') return { module: 'keras.src.models.functional', class_name: 'Functional', registered_name: 'Functional' };
  return { module: network ? 'keras' : 'keras.layers', class_name: className, registered_name: null };
}

/** A layer as Keras 3 writes it, without what a Functional config says beside it (name, inbound nodes). */
export function writeLayer(layer: Layer): JsonObject {
  const { network } = layer;
  const { module, class_name, registered_name } = envelopeOf(layer);
  const name = layer.operation && !('name' in layer.config) ? {} : { name: layer.name };
  const flagged = withKeys(layer.config, { ...name, ...trainableKey(layer), ...(network ? networkKeys(layer.config, network) : {}) });
  const whole = network ? flagged : withInnerFreeze(withInnerShapes(flagged));
  return withKeys({ module, class_name, config: withoutFlag.has(layer.className) ? withoutKeys(whole, ['trainable']) : whole, registered_name }, layer.envelope);
}

/** The network inside a wrapper, with the shapes of its tensors that Keras 3 asks for: Keras 2 did not write them. */
function withInnerShapes(config: JsonObject): JsonObject {
  const { layer } = config;
  const lacks = isJsonObject(layer) && layer['class_name'] === 'Functional' && lacksShapes(layer['config'] ?? null);
  if (!lacks) return config;
  const written = writeLayer(layerFromConfig(layer, 'layer'));
  const inner = written['config'] as JsonObject;
  return withKeys(config, { layer: withKeys(written, { config: withKeys(inner, { input_layers: onlyOne(inner['input_layers']), output_layers: onlyOne(inner['output_layers']) }) }) });
}

/** Keras 2 listed one input too; in a wrapper a network that reads a list cannot tell its output's shape. */
function onlyOne(references: Json | undefined): Json {
  const [first, ...others] = Array.isArray(references) ? (references as readonly Json[]) : [];
  return others.length === 0 && isReference(first) ? first : references ?? null;
}

function lacksShapes(value: Json): boolean {
  if (Array.isArray(value)) return (value as readonly Json[]).some(lacksShapes);
  if (!isJsonObject(value)) return false;
  const tensor = value['class_name'] === '__keras_tensor__' ? value['config'] : undefined;
  return isJsonObject(tensor) ? !('shape' in tensor) : Object.values(value).some(lacksShapes);
}

/** Keras gives these no `trainable`, and fails to load a config that has one. */
const withoutFlag = new Set(['InputLayer', 'Pipeline', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D']);

function trainableKey({ config, trainable }: Layer): JsonObject {
  return trainable && !('trainable' in config) ? {} : { trainable };
}

function networkKeys(config: JsonObject, network: Network): JsonObject {
  return network.kind === 'sequential' ? { layers: sequentialLayers(config, network) } : functionalKeys(config, network);
}

function sequentialLayers(config: JsonObject, { layers, inputs }: Network): Json[] {
  const written = Array.isArray(config['layers']) ? (config['layers'] as readonly Json[])[0] : undefined;
  const hidden = isJsonObject(written) && written['class_name'] === 'InputLayer' ? [written] : inputs.map(inputEntry);
  // A model that was built by its first call, and so has no InputLayer, keeps the shape in its own config.
  const built = 'build_input_shape' in config && hidden[0] !== written;
  return [...(built ? [] : hidden), ...layers.map(writeLayer)];
}

function inputEntry({ name, shape, dtype }: Network['inputs'][number]): JsonObject {
  return { module: 'keras.layers', class_name: 'InputLayer', config: { batch_shape: shape, dtype, sparse: false, ragged: false, name }, registered_name: null };
}

function functionalKeys(config: JsonObject, network: Network): JsonObject {
  const specs = networkOutputSpecs(network);
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  return {
    layers: network.layers.map((layer) => withKeys(writeLayer(layer), { name: layer.name, inbound_nodes: inboundNodes(layer, network, specs) })),
    input_layers: references(config['input_layers'], network.inputs.map(({ ref }) => ref)),
    output_layers: references(config['output_layers'], network.outputs.map(({ ref }) => ({ ...ref, call: ref.call + builtInNodes(byName.get(ref.layer)) }))),
  };
}

function inboundNodes(layer: Layer, { calls }: Network, specs: NetworkSpecs): Json[] {
  const own = calls.filter((call) => call.layer === layer.name).sort((a, b) => a.call - b.call);
  return own.map(({ args, kwargs }: Call) => ({ args: writeList(args, specs), kwargs: writeDict(kwargs, specs) }));
}

function writeList(items: readonly Argument[], specs: NetworkSpecs): Json {
  return spell(items.map((item) => writeArgument(item, specs)), spelledIn(items));
}

function writeDict(items: Readonly<Record<string, Argument>>, specs: NetworkSpecs): Json {
  return spell(Object.fromEntries(Object.entries(items).map(([key, item]) => [key, writeArgument(item, specs)])), spelledIn(items));
}

/** Numbers that keep the spelling that they had in the file. */
function spelledIn(items: readonly Argument[] | Readonly<Record<string, Argument>>): (readonly [string, string])[] {
  return Object.entries(items).flatMap(([key, item]) => (item.kind === 'value' && item.spelling !== undefined ? [[key, item.spelling] as const] : []));
}

function writeArgument(argument: Argument, specs: NetworkSpecs): Json {
  switch (argument.kind) {
    case 'value': return argument.value;
    case 'list': return writeList(argument.items, specs);
    case 'dict': return writeDict(argument.items, specs);
    case 'tensor': return writeTensor(argument, specs);
  }
}

function writeTensor(ref: TensorRef, { layers }: NetworkSpecs): Json {
  const spec = layers.get(ref.layer)?.[ref.output];
  const shape = ref.shape ?? spec?.shape ?? null;
  return { class_name: '__keras_tensor__', config: { shape, dtype: ref.dtype ?? spec?.dtype ?? 'float32', keras_history: [ref.layer, ref.call, ref.output] } };
}

/** References in the structure that the file had (one, a list, by name) where it holds as many; else a list. */
function references(structure: Json | undefined, refs: readonly TensorRef[]): Json {
  const left = refs.map(({ layer, call, output }): Json => [layer, call, output]);
  if (structure === undefined || countOf(structure) !== refs.length) return left;
  const place = (value: Json): Json => {
    if (isJsonObject(value)) {
      const placed = new Map(Object.keys(value).sort().map((key) => [key, place(value[key] ?? null)]));
      return Object.fromEntries(Object.keys(value).map((key) => [key, placed.get(key) ?? null]));
    }
    if (isReference(value)) return left.shift() ?? null;
    return Array.isArray(value) ? (value as readonly Json[]).map(place) : value;
  };
  return place(structure);
}

function countOf(value: Json): number {
  if (isReference(value)) return 1;
  const items = isJsonObject(value) || Array.isArray(value) ? Object.values(value) as Json[] : [];
  return items.reduce((sum: number, item) => sum + countOf(item), 0);
}

function isReference(value: Json): boolean {
  return Array.isArray(value) && typeof value[0] === 'string';
}
