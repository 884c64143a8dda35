import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Layer, Network } from '../model/model';
import { pythonClass } from './pythonClass';
import { withKeys, withoutKeys } from './pythonJson';
import { writeLayer } from './writeConfig';

/** Who reads the config: Keras 3 (from `.h5`; Keras 2 then does too where it has the layers) or TensorFlow.js. */
export type OldReader = 'keras' | 'tfjs';

/** Settings that came with later versions of Keras 3; where they are off, readers before them are spared the word. */
const lateSettings = ['quantization_config', 'optional', 'input_axes', 'output_axes', 'rms_scaling'];

/**
 * A model's config in the words that Keras wrote into `.h5` files: `{class_name, config}`, `batch_input_shape`, `inbound_nodes`
 * as lists. Throws `unsupported`, with the layer's name, for a call that TensorFlow.js cannot be told.
 */
export function writeOldConfig(root: Layer, reader: OldReader): JsonObject {
  return new OldWriter(reader).entry(root, writeLayer(root), root.name);
}

class OldWriter {
  constructor(private readonly reader: OldReader) {}

  entry(layer: Layer, written: JsonObject, path: string): JsonObject {
    const { network } = layer;
    const config = isJsonObject(written['config']) ? written['config'] : {};
    const plain = network ? this.network(network, config, path) : plainConfig(layer.className, config);
    const node = 'inbound_nodes' in written ? { name: layer.name, inbound_nodes: written['inbound_nodes'] ?? [] } : {};
    if (this.reader === 'keras' && needsModule(layer)) return layer.operation ? spelledOut(written) : written;
    if (layer.operation) throw refused('An operation of keras.ops cannot be written in this format.', layer.className, path);
    return { class_name: this.className(layer), config: plain, ...node };
  }

  private className({ network, className, envelope }: Layer): string {
    if (network) return network.kind === 'sequential' ? 'Sequential' : this.reader === 'tfjs' ? 'Model' : 'Functional';
    const registered = envelope['registered_name'];
    return typeof registered === 'string' && registered.includes('>') ? registered : pythonClass(className);
  }

  private network(network: Network, config: JsonObject, path: string): JsonObject {
    const entries = (config['layers'] ?? []) as readonly JsonObject[];
    const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
    const inner = entries.map((entry) => {
      const layer = byName.get(nameOf(entry));
      return layer ? this.entry(layer, entry, `${path}/${layer.name}`) : { class_name: 'InputLayer', config: plainConfig('InputLayer', entry['config'] as JsonObject) };
    });
    if (network.kind === 'sequential') return withKeys(config, { layers: inner });
    const layers = inner.map((entry) => this.nodes(entry, byName, path));
    return withKeys(config, { layers, ...(this.reader === 'tfjs' ? this.ends(config, byName) : {}) });
  }

  private nodes(entry: JsonObject, byName: ReadonlyMap<string, Layer>, path: string): JsonObject {
    const nodes = entry['inbound_nodes'];
    if (!Array.isArray(nodes) || 'module' in entry) return entry;
    const lists = (nodes as readonly JsonObject[]).flatMap((node) => this.node(node, byName) ?? []);
    if (lists.length === nodes.length) return withKeys(entry, { inbound_nodes: lists });
    if (this.reader === 'tfjs') throw refused('A call of this layer takes more than its inputs, which the format cannot say.', JSON.stringify(entry['class_name']), `${path}/${nameOf(entry)}`);
    return entry;
  }

  /** `[[layer, node, output, kwargs], …]`; undefined where the call takes something else. Keras 2 and 3 count a nested model's calls differently. */
  private node({ args, kwargs }: JsonObject, byName: ReadonlyMap<string, Layer>): [Json] | undefined {
    const [first, ...others] = (args ?? []) as readonly Json[];
    const given = isJsonObject(kwargs) ? kwargs : {};
    const tensors = (Array.isArray(first) ? first : [first]) as readonly (Json | undefined)[];
    const references = tensors.map(historyOf).filter((reference) => reference !== undefined);
    if (others.length > 0 || references.length < tensors.length || holdsTensor(given) || !this.canSay(references, given, byName)) return undefined;
    const kept = this.reader === 'keras' ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) : {};
    return [references.map(([name, call, output]): Json => [name, call + this.firstCall(byName.get(name)), output, kept])];
  }

  private canSay(references: readonly Reference[], kwargs: JsonObject, byName: ReadonlyMap<string, Layer>): boolean {
    if (this.reader === 'tfjs') return Object.values(kwargs).every((value) => value === null || value === false);
    return !references.some(([name]) => byName.get(name)?.network);
  }

  /** TensorFlow.js counts the calls of a nested model from 1: node 0 is its own. */
  private firstCall(layer: Layer | undefined): number {
    return this.reader === 'tfjs' && layer?.network ? 1 : 0;
  }

  private ends(config: JsonObject, byName: ReadonlyMap<string, Layer>): JsonObject {
    const flat = (value: Json | undefined): Json[] => {
      if (isReference(value)) return [value];
      if (typeof value !== 'object' || value === null) return [];
      return Object.values(value).flatMap((item: Json) => flat(item));
    };
    const outputs = flat(config['output_layers']).map((reference) => {
      const [name, call, output] = reference as unknown as Reference;
      const layer = byName.get(name);
      // Keras 3 counts those of a Functional from 1 here already.
      return [name, layer?.network?.kind === 'sequential' ? call + 1 : call, output];
    });
    return { input_layers: flat(config['input_layers']), output_layers: outputs };
  }
}

/**
 * A function of keras.ops is told from a layer by its module only, and so is a layer of keras.applications; of an axis Keras' old
 * reader takes one at most; a `score_mode` it takes for the name of a function.
 */
function needsModule({ operation, config, envelope, className }: Layer): boolean {
  const { axis } = config;
  const isOfApplications = typeof envelope['module'] === 'string' && envelope['module'].startsWith('keras.src.applications.');
  return operation === true || isOfApplications || className === 'Attention' || (Array.isArray(axis) && axis.length !== 1);
}

/** Keras cannot load an ellipsis that it wrote into an `.h5`: there stands a slice for each axis that it leaves whole. */
function spelledOut(written: JsonObject): JsonObject {
  const nodes = written['inbound_nodes'];
  if (written['class_name'] !== 'GetItem' || !Array.isArray(nodes)) return written;
  return withKeys(written, { inbound_nodes: (nodes as readonly JsonObject[]).map((node) => {
    const [tensor, key, ...others] = (node['args'] ?? []) as readonly Json[];
    const shape = isJsonObject(tensor) && isJsonObject(tensor['config']) ? tensor['config']['shape'] : undefined;
    return Array.isArray(shape) ? withKeys(node, { args: [tensor, wholeAxes(key ?? null, shape.length), ...others] }) : node;
  }) });
}

function wholeAxes(key: Json, rank: number): Json {
  const items = Array.isArray(key) ? (key as readonly Json[]) : [key];
  const place = items.findIndex((item) => isJsonObject(item) && item['class_name'] === '__ellipsis__');
  if (place < 0) return key;
  const named = items.filter((item, index) => item !== null && index !== place).length;
  const whole = new Array<Json>(Math.max(0, rank - named)).fill({ class_name: '__slice__', config: { start: null, stop: null, step: null } });
  return [...items.slice(0, place), ...whole, ...items.slice(place + 1)];
}

type Reference = readonly [string, number, number];

function isReference(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value) && value.length === 3 && typeof value[0] === 'string' && typeof value[1] === 'number';
}

function historyOf(value: Json | undefined): Reference | undefined {
  if (!isJsonObject(value) || value['class_name'] !== '__keras_tensor__' || !isJsonObject(value['config'])) return undefined;
  return value['config']['keras_history'] as unknown as Reference;
}

function holdsTensor(value: Json): boolean {
  return JSON.stringify(value).includes('"__keras_tensor__"');
}

function nameOf(entry: JsonObject): string {
  const { config, name } = entry;
  const found = (isJsonObject(config) ? config['name'] : undefined) ?? name;
  return typeof found === 'string' ? found : '';
}

function plainConfig(className: string, config: JsonObject): JsonObject {
  const early = withoutLate(config);
  const changed = Object.fromEntries(Object.entries(early).flatMap(([key, value]): [string, Json][] => {
    const next = plainValue(key, value);
    return next === value ? [] : [[key, next]];
  }));
  const plain = withKeys(early, changed);
  if (className === 'LeakyReLU' && 'negative_slope' in plain) return withKeys(withoutKeys(plain, ['negative_slope']), { alpha: plain['negative_slope'] ?? 0.3 });
  if (className !== 'InputLayer' || !('batch_shape' in plain)) return plain;
  return withKeys(withoutKeys(plain, ['batch_shape']), { batch_input_shape: plain['batch_shape'] ?? null });
}

function withoutLate(config: JsonObject): JsonObject {
  const off = lateSettings.filter((key) => key in config && (config[key] === null || config[key] === false));
  return off.length === 0 ? config : withoutKeys(config, off);
}

function plainValue(key: string, value: Json): Json {
  if (!isJsonObject(value) || !isJsonObject(value['config'])) return value;
  if (key === 'dtype' && value['class_name'] === 'DTypePolicy') return value['config']['name'] ?? value;
  const isPart = /_(initializer|regularizer|constraint)$/.test(key) && (value['registered_name'] ?? null) === null;
  return isPart ? { class_name: value['class_name'] ?? null, config: withoutLate(value['config']) } : value;
}

function refused(message: string, received: string, where: string): SurgeryError {
  return new SurgeryError('unsupported', message, { expected: 'a model of layers that take tensors only', received, where });
}
