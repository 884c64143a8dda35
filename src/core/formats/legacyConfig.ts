import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Problem } from '../model/model';
import { modernLayerConfig } from './legacyLayers';
import { modernOperations } from './legacyOperations';
import { LegacyStates } from './legacyStates';
import { operationModule } from './operationModule';
import { withKeys, withoutKeys } from './pythonJson';

/** A `model_config` in the form of Keras 3, and what was changed for that. */
export interface ModernConfig {
  readonly entry: JsonObject;
  readonly problems: readonly Problem[];
}

/** How deep models may be nested in each other. */
const maxNesting = 32;

/** Names of classes that changed, or that Keras wrote by an alias. */
const classNames: Readonly<Record<string, string>> = {
  Model: 'Functional', BatchNormalizationV1: 'BatchNormalization', BatchNormalizationV2: 'BatchNormalization',
  Convolution2D: 'Conv2D', MaxPool2D: 'MaxPooling2D', AvgPool2D: 'AveragePooling2D', GlobalAvgPool2D: 'GlobalAveragePooling2D',
  GlobalMaxPool2D: 'GlobalMaxPooling2D', SyncBatchNormalization: 'BatchNormalization', ThresholdedReLU: 'ReLU',
  GroupedQueryAttention: 'GroupQueryAttention',
};

/** Where Keras 3 finds classes that are no public layers; an `.h5` does not say. */
const modules: Readonly<Record<string, string>> = {
  LayerScale: 'keras.src.applications.convnext', StochasticDepth: 'keras.src.applications.convnext',
  CustomScaleLayer: 'keras.src.applications.inception_resnet_v2',
};

/**
 * The `model_config` of an `.h5` file as Keras 3 writes configs into `.keras` files. Keras 3 itself writes `.h5` configs that
 * lack only the modules; those of Keras 2 (`keras2`) are translated: input shapes, `inbound_nodes`, a Sequential that is a bare
 * list, names with a slash, `hard_sigmoid`. Throws `format-broken` where the graph cannot be read.
 */
export function modernConfig(config: Json, keras2: boolean, where: string): ModernConfig {
  const problems: Problem[] = [];
  if (!isJsonObject(config)) throw broken(where, 'an object with class_name and config', config);
  return { entry: new Translation(keras2, problems).entry(config, where, 0), problems };
}

/** The name under which a layer is opened: Keras 3 allows no slash in it. */
export function safeName(name: string): string {
  return name.replaceAll('/', '_');
}

class Translation {
  constructor(private readonly keras2: boolean, private readonly problems: Problem[]) {}

  /** One layer or model of a config. */
  entry(entry: Json, where: string, depth: number): JsonObject {
    if (!isJsonObject(entry)) throw broken(where, 'an object with class_name and config', entry);
    if (depth > maxNesting) throw new SurgeryError('format-limit', 'Models are nested too deep.', { expected: `at most ${maxNesting} levels`, where });
    const written = entry['class_name'];
    if (typeof written !== 'string') throw broken(`${where}.class_name`, 'a class name', written);
    const className = classOf(written, entry['config']);
    const config = this.config(className, entry, where, depth);
    const whole = withKeys(withoutKeys(entry, ['config', 'name']), { ...ownNames(entry, className), config });
    const operation = this.keras2 || 'module' in entry ? undefined : operationModule(written, config);
    return operation === undefined ? whole : withKeys(whole, { module: operation, registered_name: written });
  }

  private config(className: string, entry: JsonObject, where: string, depth: number): JsonObject {
    const { config } = entry;
    if (className === 'Sequential') return this.sequential(entry, where, depth);
    if (!isJsonObject(config)) throw broken(`${where}.config`, 'an object', config);
    const named = this.named(config, entry);
    if (className === 'Functional' && Array.isArray(config['layers'])) return this.functional(named, where, depth);
    return this.keras2 ? modernLayerConfig(className, this.inside(named, where, depth)) : named;
  }

  /** Layers, networks and cells inside the config of a layer around them. */
  private inside(config: JsonObject, where: string, depth: number): JsonObject {
    const object = (value: Json | undefined): value is JsonObject => isJsonObject(value) && typeof value['class_name'] === 'string' && isJsonObject(value['config']);
    const found = ['layer', 'backward_layer', 'cell'].filter((key) => object(config[key]));
    const cells = config['cells'];
    return withKeys(config, {
      ...Object.fromEntries(found.map((key) => [key, this.entry(config[key] ?? null, `${where}.config.${key}`, depth + 1)])),
      ...(Array.isArray(cells) ? { cells: this.layers(cells as Json, `${where}.config.cells`, depth) } : {}),
    });
  }

  /** The config with its name in it, a slash replaced. */
  private named(config: JsonObject, entry: JsonObject): JsonObject {
    const name = config['name'] ?? entry['name'];
    if (typeof name !== 'string') return config;
    const safe = safeName(name);
    if (safe !== name) {
      this.problems.push({ code: 'layer-renamed', message: `Keras 3 allows no slash in a name: ${name} is opened as ${safe}.`, where: safe });
    }
    return withKeys(config, { name: safe });
  }

  private layers(list: Json | undefined, where: string, depth: number): JsonObject[] {
    if (!Array.isArray(list)) throw broken(where, 'a list of layers', list);
    return (list as readonly Json[]).map((item, index) => this.entry(item, `${where}[${index}]`, depth + 1));
  }

  /** Until Keras 2.2 the config of a Sequential was the bare list of its layers. */
  private sequential(entry: JsonObject, where: string, depth: number): JsonObject {
    const { config } = entry;
    const whole: JsonObject = Array.isArray(config) ? { name: entry['name'] ?? 'sequential', layers: config } : isJsonObject(config) ? config : {};
    const given = this.layers(whole['layers'], `${where}.config.layers`, depth);
    const layers = this.keras2 ? withInputLayer(whole['layers'] as readonly Json[], given) : given;
    return withKeys(this.named(whole, entry), { layers });
  }

  private functional(config: JsonObject, where: string, depth: number): JsonObject {
    const layers = this.layers(config['layers'], `${where}.config.layers`, depth).map(withName);
    const graph = new OldGraph(config, `${where}.config`);
    // Keras 3 reads both forms of nodes, and counts calls as in its own.
    if (!this.keras2) return withKeys(config, { layers: layers.map((layer, index) => ('inbound_nodes' in layer ? withKeys(layer, { inbound_nodes: graph.nodes(index) }) : layer)) });
    return withKeys(config, {
      layers: new LegacyStates(layers.map((layer, index) => ({ layer, nodes: graph.nodes(index) }))).called().flatMap(({ layer, nodes }) => asOperations(layer, nodes)),
      input_layers: graph.references(config['input_layers']),
      output_layers: graph.references(config['output_layers']),
    });
  }
}

/** What stands beside the config. A `.keras` file of Keras 2 says whose a class is as Keras 3 does; an `.h5` has `package>Name` for a class of the user. */
function ownNames(entry: JsonObject, className: string): JsonObject {
  const { module, registered_name: registered } = entry;
  const isForeign = (typeof registered === 'string' && registered.includes('>')) || (typeof module === 'string' && !/^(keras|tf_keras)(\.|$)/.test(module));
  // What no layer's module says: an operation, a layer of keras.applications.
  const isSaid = typeof module === 'string' && /^keras\.src\.(ops|applications)(\.|$)/.test(module);
  if (isForeign || isSaid) return { module: module ?? null, class_name: className, registered_name: registered ?? null };
  return { module: moduleOf(className), class_name: className.slice(className.indexOf('>') + 1), registered_name: className.includes('>') ? className : null };
}

/** A layer of a Functional model has its name beside its config too; one inside the config of another layer is written as it is here. */
function withName(layer: JsonObject): JsonObject {
  const name = nameIn(layer);
  return name === undefined ? layer : withKeys(layer, { name });
}

/** A function of TensorFlow as operations of Keras 3 where they say the same; any other layer with its calls. */
function asOperations(layer: JsonObject, nodes: Json): readonly JsonObject[] {
  const whole = withKeys(layer, { inbound_nodes: nodes });
  const isFunction = layer['class_name'] === 'TFOpLambda' || layer['class_name'] === 'SlicingOpLambda';
  const once = Array.isArray(nodes) && nodes.length === 1 ? (nodes[0] as Json) : undefined;
  return (isFunction ? modernOperations(layer, once) : undefined) ?? [whole];
}

function classOf(written: string, config: Json | undefined): string {
  const plain = written.startsWith('Custom>') ? written : (Object.hasOwn(classNames, written) ? classNames[written] : undefined) ?? written;
  // A subclassed Model has no layers in its config.
  return plain === 'Functional' && !(isJsonObject(config) && Array.isArray(config['layers'])) ? written : plain;
}

function moduleOf(className: string): string {
  if (className === 'Sequential') return 'keras';
  if (className === 'Functional') return 'keras.src.models.functional';
  return Object.hasOwn(modules, className) ? modules[className] : 'keras.layers';
}

/** Keras 2 kept a Sequential's input shape in its first layer; nested models know their own. */
function withInputLayer(old: readonly Json[], layers: readonly JsonObject[]): readonly JsonObject[] {
  const first = old.at(0);
  const modern = layers.at(0);
  if (!isJsonObject(first) || !modern || modern['class_name'] === 'InputLayer') return layers;
  const { config } = first;
  const shape = isJsonObject(config) ? config['batch_input_shape'] : undefined;
  const name = isJsonObject(modern['config']) ? modern['config']['name'] : undefined;
  if (!Array.isArray(shape) || typeof name !== 'string' || !isJsonObject(config)) return layers;
  const dtype = typeof config['dtype'] === 'string' ? config['dtype'] : 'float32';
  const input: JsonObject = {
    module: 'keras.layers', class_name: 'InputLayer', registered_name: null,
    config: { batch_shape: shape as Json, dtype, sparse: false, name: `${name}_input` },
  };
  return [input, ...layers];
}

/** The graph of a Functional config of Keras 2: `inbound_nodes` are lists of `[layer, node, tensor, kwargs]`. */
class OldGraph {
  private readonly entries: readonly Json[];
  private readonly names: ReadonlySet<string>;
  /** Keras 2 counted the nodes of a nested model from 1: node 0 is the model's own. */
  private readonly firstNode = new Map<string, number>();
  /** Nested Functional models, whose calls Keras 3 counts from 1 in `output_layers`. */
  private readonly functionals: ReadonlySet<string>;

  constructor(config: JsonObject, private readonly where: string) {
    this.entries = config['layers'] as readonly Json[];
    this.names = new Set(this.entries.flatMap((entry) => nameIn(entry) ?? []));
    this.functionals = new Set(this.entries.flatMap((entry) => (isFunctional(entry) ? nameIn(entry) ?? [] : [])));
    const highest = new Map<string, number>();
    this.visit([this.entries.map((entry) => (isJsonObject(entry) ? entry['inbound_nodes'] ?? [] : [])), config['output_layers'] ?? []], (name, node) => {
      highest.set(name, Math.max(node, highest.get(name) ?? 0));
    });
    for (const entry of this.entries) {
      const name = nameIn(entry);
      const nodes = isJsonObject(entry) ? entry['inbound_nodes'] : undefined;
      const count = Array.isArray(nodes) ? nodes.length : 0;
      const top = name === undefined ? undefined : highest.get(name);
      if (name !== undefined && top !== undefined && count > 0 && top >= count) this.firstNode.set(name, top - count + 1);
    }
  }

  /** `inbound_nodes` of a layer, in the form of Keras 3. */
  nodes(index: number): Json {
    const entry = this.entries[index];
    const nodes = isJsonObject(entry) ? entry['inbound_nodes'] ?? [] : [];
    if (!Array.isArray(nodes)) throw broken(`${this.where}.layers[${index}].inbound_nodes`, 'a list', nodes);
    return (nodes as readonly Json[]).map((node) => this.node(node, `${this.where}.layers[${index}].inbound_nodes`));
  }

  /** `input_layers` or `output_layers`. */
  references(value: Json | undefined): Json {
    if (this.isReference(value)) {
      const [name, node, output] = this.reference(value);
      return [name, node + (this.functionals.has(value[0] as string) ? 1 : 0), output];
    }
    if (Array.isArray(value)) return (value as readonly Json[]).map((item) => this.references(item));
    if (!isJsonObject(value)) throw broken(this.where, 'references to layers', value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.references(item)]));
  }

  private node(node: Json, where: string): Json {
    if (isJsonObject(node) && 'args' in node) return node;
    if (!Array.isArray(node)) throw broken(where, 'a list of [layer, node, tensor, kwargs]', node);
    const items = (typeof node[0] === 'string' ? [node] : node) as readonly Json[];
    const tensors = items.map((item) => this.argument(item, where));
    const kwargs = items.flatMap((item) => Object.entries(keywords(item)));
    const given = kwargs.filter(([, value]) => value !== null).map(([key, value]) => [key, this.value(value)] as const);
    return { args: tensors.length === 1 ? tensors : [tensors], kwargs: Object.fromEntries(given) };
  }

  private argument(item: Json, where: string): Json {
    if (Array.isArray(item) && item[0] === '_CONSTANT_VALUE') return (item[2] ?? null) as Json;
    if (this.isReference(item)) return this.tensor(item);
    throw broken(where, '[layer, node, tensor, kwargs] of a layer of the model', item);
  }

  /** A value of a keyword argument, tensors in it found by their form. */
  private value(value: Json): Json {
    if (this.isReference(value)) return this.tensor(value);
    return Array.isArray(value) ? (value as readonly Json[]).map((item) => this.value(item)) : value;
  }

  private tensor(item: readonly Json[]): Json {
    return { class_name: '__keras_tensor__', config: { keras_history: this.reference(item) } };
  }

  private reference([name, node, output]: readonly Json[]): [string, number, Json] {
    return [safeName(name as string), (node as number) - (this.firstNode.get(name as string) ?? 0), output];
  }

  private isReference(value: Json | undefined): value is readonly Json[] {
    if (!Array.isArray(value) || value.length < 3 || value.length > 4) return false;
    const [name, node, output] = value as readonly Json[];
    return typeof name === 'string' && this.names.has(name) && typeof node === 'number' && typeof output === 'number';
  }

  private visit(value: Json, seen: (name: string, node: number) => void): void {
    if (this.isReference(value)) seen(value[0] as string, value[1] as number);
    if (Array.isArray(value)) for (const item of value as readonly Json[]) this.visit(item, seen);
    else if (isJsonObject(value)) for (const item of Object.values(value)) this.visit(item, seen);
  }
}

/** The fourth of `[layer, node, tensor, kwargs]`. */
function keywords(item: Json): JsonObject {
  const last = Array.isArray(item) ? (item as readonly Json[]).at(3) : undefined;
  return isJsonObject(last) ? last : {};
}

function isFunctional(entry: Json): boolean {
  return isJsonObject(entry) && typeof entry['class_name'] === 'string' && classOf(entry['class_name'], entry['config']) === 'Functional';
}

function nameIn(entry: Json): string | undefined {
  if (!isJsonObject(entry)) return undefined;
  const inside = isJsonObject(entry['config']) ? entry['config']['name'] : undefined;
  const name = entry['name'] ?? inside;
  return typeof name === 'string' ? name : undefined;
}

function broken(where: string, expected: string, received: Json | undefined): SurgeryError {
  return new SurgeryError('format-broken', 'The config of the model is not what Keras writes.', {
    expected, received: received === undefined ? 'nothing' : JSON.stringify(received).slice(0, 80), where,
  });
}
