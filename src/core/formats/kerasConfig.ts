import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Argument, Call, Layer, Network, NetworkInput, NetworkOutput, TensorRef } from '../model/model';
import { whyOpaque } from '../layers/registry';
import { withoutInnerFreeze } from './innerFlags';
import { orderGraph, type OrderedCall } from './layerOrder';
import { spellingOf, withoutKeys } from './pythonJson';

/** How deep models may be nested in each other. */
const maxNesting = 32;

/** A layer of a config without its weights: those come from another member of the file. */
export function layerFromConfig(entry: Json, where: string, depth = 0): Layer {
  if (!isJsonObject(entry)) throw broken(where, 'an object with class_name and config', describe(entry));
  if (depth > maxNesting) throw new SurgeryError('format-limit', 'Models are nested too deep.', { expected: `at most ${maxNesting} levels`, where });
  const layer = bareLayer(entry, where);
  const network = networkOf(layer, where, depth);
  if (network) return { ...layer, network };
  const opaque = foreignCode(entry) ?? whyOpaque(layer);
  return { ...layer, config: withoutInnerFreeze(layer.config), ...(opaque === undefined ? {} : { opaque }) };
}

function bareLayer(entry: JsonObject, where: string): Layer {
  const { class_name: className, config } = entry;
  if (typeof className !== 'string') throw broken(`${where}.class_name`, 'a class name', describe(className));
  if (!isJsonObject(config)) throw broken(`${where}.config`, 'an object', describe(config));
  return {
    name: nameOf(entry, config, where),
    className,
    envelope: withoutKeys(entry, ['config', 'class_name', 'inbound_nodes', 'name']),
    config,
    trainable: config['trainable'] !== false,
    weights: [],
    ...(isOperation(entry) ? { operation: true as const } : {}),
  };
}

function nameOf(entry: JsonObject, config: JsonObject, where: string): string {
  const name = config['name'] ?? entry['name'];
  if (typeof name === 'string' && name !== '') return name;
  throw broken(`${where}.config.name`, 'the name of the layer', describe(name));
}

/** Nodes of `keras.ops` stand among the layers of a Functional config. */
function isOperation({ module }: JsonObject): boolean {
  return typeof module === 'string' && /^keras\.(src\.)?ops(\.|$)/.test(module);
}

/** Classes outside Keras are never run, whatever their name. */
function foreignCode(entry: JsonObject): string | undefined {
  const module = entry['module'] ?? 'keras';
  if (typeof module !== 'string' || !/^(keras|tf_keras)(\.|$)/.test(module)) {
    return `the class comes from the module ${describe(module)}, whose code is not run`;
  }
  // A class of the user is registered as `package>Name`, and may bear the name of one of Keras.
  const registered = entry['registered_name'] ?? '';
  const own = typeof registered === 'string' && !registered.includes('>');
  return own ? undefined : `the class is registered as ${describe(registered)}, whose code is not run`;
}

function networkOf(layer: Layer, where: string, depth: number): Network | undefined {
  const { className, config, envelope } = layer;
  if (foreignCode({ ...envelope, class_name: className })) return undefined;
  if (className === 'Sequential' && Array.isArray(config['layers'])) return sequentialNetwork(layer, where, depth);
  const functional = className === 'Functional' || className === 'Model';
  return functional && Array.isArray(config['layers']) ? functionalNetwork(config, where, depth) : undefined;
}

// ---- Sequential

function sequentialNetwork(layer: Layer, where: string, depth: number): Network {
  const { config } = layer;
  const all = listOf(config['layers'], `${where}.config.layers`).map((entry, index) => layerFromConfig(entry, `${where}.config.layers[${index}]`, depth + 1));
  const first = all.at(0);
  const hidden = first?.className === 'InputLayer' ? first : undefined;
  const layers = hidden ? all.slice(1) : all;
  requireUniqueNames(layers, where);
  const input = hidden ? inputOf(hidden) : builtInput(layer, first, where);
  let last = input.ref;
  const calls = layers.map(({ name }): Call => {
    const call: Call = { layer: name, call: 0, args: [last], kwargs: {} };
    last = { kind: 'tensor', layer: name, call: 0, output: 0 };
    return call;
  });
  return { kind: 'sequential', layers, calls, inputs: [input], outputs: [{ name: last.layer, ref: last }] };
}

/** Without an InputLayer the shape stands where the model or its first layer was built. */
function builtInput({ name, config, envelope }: Layer, first: Layer | undefined, where: string): NetworkInput {
  const build = envelope['build_config'];
  const firstBuild = first?.envelope['build_config'];
  const candidates = [
    config['build_input_shape'],
    isJsonObject(build) ? build['input_shape'] : undefined,
    first?.config['batch_shape'] ?? first?.config['batch_input_shape'],
    isJsonObject(firstBuild) ? firstBuild['input_shape'] : undefined,
  ];
  const shape = candidates.map(shapeOf).find((found) => found !== undefined);
  if (!shape) throw new SurgeryError('unsupported', 'The model was saved before it was built: the shape of its input is not known.', { expected: 'a model that was built or called once', where });
  const inputName = `${name}_input`;
  return { name: inputName, shape, dtype: 'float32', ref: { kind: 'tensor', layer: inputName, call: 0, output: 0 } };
}

// ---- Functional

function functionalNetwork(config: JsonObject, where: string, depth: number): Network {
  const entries = listOf(config['layers'], `${where}.config.layers`);
  const found = entries.map((entry, index) => layerFromConfig(entry, `${where}.config.layers[${index}]`, depth + 1));
  requireUniqueNames(found, where);
  const byName = new Map(found.map((layer) => [layer.name, layer]));
  const calls = entries.flatMap((entry, index) => callsOf(entry, found[index]?.name ?? '', `${where}.config.layers[${index}]`));
  const inputs = refsOf(config['input_layers'], `${where}.config.input_layers`);
  const outputs = refsOf(config['output_layers'], `${where}.config.output_layers`).map((ref) => ({ ...ref, call: ref.call - builtInNodes(byName.get(ref.layer)) }));
  const made = new Set([...calls.map(({ layer, call }) => `${layer}:${call}`), ...inputs.map(({ layer, call }) => `${layer}:${call}`)]);
  for (const ref of [...outputs, ...calls.flatMap(({ reads }) => reads)]) {
    const isInput = byName.get(ref.layer)?.className === 'InputLayer';
    if (!isInput && !made.has(`${ref.layer}:${ref.call}`)) throw broken(`${where}.config`, 'references to layers of the model', `a reference to call ${ref.call} of ${ref.layer}`);
  }
  const order = orderGraph(calls, inputs, outputs);
  return {
    kind: 'functional',
    layers: order.layers.flatMap((name) => byName.get(name) ?? []),
    calls: order.calls.map(({ layer, call, args, kwargs }) => ({ layer, call, args, kwargs })),
    inputs: inputs.map((ref) => functionalInput(byName.get(ref.layer), ref, where)),
    outputs: outputs.map((ref): NetworkOutput => ({ name: ref.layer, ref })),
  };
}

/** In `output_layers`, and only there, Keras 3 counts the calls of a nested Functional from 1: node 0 is the model's own. */
export function builtInNodes(layer: Layer | undefined): number {
  return layer?.network?.kind === 'functional' ? 1 : 0;
}

function functionalInput(layer: Layer | undefined, ref: TensorRef, where: string): NetworkInput {
  if (layer?.className !== 'InputLayer') throw new SurgeryError('unsupported', 'The model starts at a tensor inside another model.', { expected: 'InputLayers', received: ref.layer, where });
  return { ...inputOf(layer), ref };
}

function inputOf(layer: Layer): NetworkInput {
  const { config, name } = layer;
  const shape = shapeOf(config['batch_shape'] ?? config['batch_input_shape']);
  if (!shape) throw broken(`${name}.batch_shape`, 'a list of sizes and null', describe(config['batch_shape']));
  const dtype = config['dtype'];
  return { name, shape, dtype: typeof dtype === 'string' ? dtype : 'float32', ref: { kind: 'tensor', layer: name, call: 0, output: 0 } };
}

/** One call for each of the inbound nodes. */
function callsOf(entry: Json, layer: string, where: string): OrderedCall[] {
  const nodes = isJsonObject(entry) ? entry['inbound_nodes'] : undefined;
  return listOf(nodes ?? [], `${where}.inbound_nodes`).map((node, call) => {
    if (!isJsonObject(node)) throw broken(`${where}.inbound_nodes[${call}]`, 'an object with args and kwargs', describe(node));
    const places = listOf(node['args'] ?? [], `${where}.inbound_nodes[${call}].args`);
    const args = places.map((_, index) => argumentAt(places, index, where));
    const given = node['kwargs'] ?? null;
    const kwargs = Object.fromEntries(Object.keys(isJsonObject(given) ? given : {}).map((name) => [name, argumentAt(given, name, where)]));
    const reads = [...args, ...Object.values(kwargs)].flatMap(tensorsIn);
    return { layer, call, args, kwargs, reads };
  });
}

/** An item of a list or object, with the spelling of a number. */
function argumentAt(container: Json, key: number | string, where: string): Argument {
  const argument = argumentOf((container as Readonly<Record<number | string, Json>>)[key] ?? null, where);
  const spelling = spellingOf(container, key);
  return argument.kind === 'value' && spelling !== undefined ? { ...argument, spelling } : argument;
}

function argumentOf(value: Json, where: string): Argument {
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((_, index) => argumentAt(value, index, where));
    return items.some((item) => tensorsIn(item).length > 0) ? { kind: 'list', items } : { kind: 'value', value };
  }
  if (!isJsonObject(value)) return { kind: 'value', value };
  if (value['class_name'] === '__keras_tensor__') return tensorOf(value['config'], where);
  const items = Object.fromEntries(Object.keys(value).map((key) => [key, argumentAt(value, key, where)]));
  return Object.values(items).some((item) => tensorsIn(item).length > 0) ? { kind: 'dict', items } : { kind: 'value', value };
}

function tensorOf(config: Json | undefined, where: string): TensorRef {
  if (!isJsonObject(config)) throw broken(where, 'the config of a tensor', describe(config));
  const ref = refOf(config['keras_history'], where);
  const { shape, dtype } = config;
  return { ...ref, ...('shape' in config ? { shape: shape ?? null } : {}), ...('dtype' in config ? { dtype: dtype ?? null } : {}) };
}

/** The tensors in an argument, however deep. */
export function tensorsIn(argument: Argument): TensorRef[] {
  if (argument.kind === 'tensor') return [argument];
  return argument.kind === 'value' ? [] : Object.values(argument.items).flatMap(tensorsIn);
}

/** `[layer, call, output]` */
function refOf(value: Json | undefined, where: string): TensorRef {
  const [layer, call, output] = listOf(value, where);
  if (typeof layer !== 'string' || typeof call !== 'number' || typeof output !== 'number') throw broken(where, '[layer, call, output]', describe(value));
  return { kind: 'tensor', layer, call, output };
}

/** One reference, a list of them, or an object by name, as deep as they are nested; objects in the order of their sorted keys. */
function refsOf(value: Json | undefined, where: string): TensorRef[] {
  if (isJsonObject(value)) return Object.keys(value).sort().flatMap((key) => refsOf(value[key], where));
  const items = listOf(value, where);
  return typeof items[0] === 'string' ? [refOf(items, where)] : items.flatMap((item) => refsOf(item, where));
}

// ---- small readers

function shapeOf(value: Json | undefined): (number | null)[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const sizes = value as readonly Json[];
  const valid = sizes.every((size) => size === null || (typeof size === 'number' && Number.isInteger(size) && size >= 0 && size < 2 ** 31));
  return valid ? (sizes as (number | null)[]) : undefined;
}

function listOf(value: Json | undefined, where: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw broken(where, 'a list', describe(value));
}

function requireUniqueNames(layers: readonly Layer[], where: string): void {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw broken(where, 'layers with different names', `two layers named ${name}`);
    names.add(name);
  }
}

function broken(where: string, expected: string, received: string): SurgeryError {
  return new SurgeryError('format-broken', 'The config of the model is not what Keras writes.', { expected, received, where });
}

function describe(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
