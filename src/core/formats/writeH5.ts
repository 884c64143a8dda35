import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { weightPaths, type Layer, type Model, type Network, type Weight } from '../model/model';
import { wholeConfig } from '../layers/registry';
import { writeCompileConfig } from './compileConfig';
import { asFormatMeans } from './hardSigmoid';
import { type FileParts, joinedParts } from './fileParts';
import { hdf5Parts, type Hdf5Item } from './hdf5Write';
import { writeOldConfig } from './oldConfig';
import { withKeys, withoutKeys, writePythonJson } from './pythonJson';

/** bytes of one attribute, Keras' HDF5_OBJECT_HEADER_LIMIT; longer lists are split */
const maxAttribute = 64512;

/** The version whose `.h5` layout we write. */
const layoutVersion = '3.15.1';

/**
 * A whole model as Keras 3 saves it into `.h5`: config, weights by layer, compile settings and optimizer state. Throws
 * `unsupported`, with the layer's name, for what the format cannot say. After keras/src/legacy/saving/legacy_h5_format.py.
 */
export function writeH5(given: Model): Promise<Uint8Array> {
  return Promise.resolve().then(() => joinedParts(h5Parts(given)));
}

/** The same, in pieces. */
export function h5Parts(given: Model): FileParts {
  const model = withoutAssets(asFormatMeans(given, 'keras 3'));
  const training = trainingConfig(model);
  const attributes = {
    keras_version: layoutVersion, backend: 'tensorflow', model_config: writePythonJson(writeOldConfig(model.root, 'keras')),
    ...(training ? { training_config: writePythonJson(training) } : {}),
  };
  const layers = model.root.network.layers.filter(({ operation }) => !operation);
  return hdf5Parts([
    { path: '/', kind: 'group', attributes },
    { path: 'model_weights', kind: 'group', attributes: { ...list('layer_names', layers.map(({ name }) => name)), backend: 'tensorflow', keras_version: layoutVersion } },
    ...layers.flatMap(layerItems),
    { path: 'model_weights/top_level_model_weights', kind: 'group', attributes: { weight_names: [] } },
    ...(training ? optimizerItems(model) : []),
  ]);
}

/** The format has no assets: vocabularies stand in the configs. */
function withoutAssets(model: Model): Model {
  const inNetwork = (network: Network): Network => ({
    ...network,
    layers: network.layers.map((layer) => (layer.network ? { ...layer, network: inNetwork(layer.network) } : { ...layer, config: wholeConfig(layer) })),
  });
  return { ...model, root: { ...model.root, network: inNetwork(model.root.network) } };
}

/** A list of names as one attribute, or as `name0`, `name1`, … where it is long. Every text takes as much room as the longest. */
function list(name: string, texts: readonly string[]): Record<string, readonly string[]> {
  const longest = Math.max(1, ...texts.map((text) => new TextEncoder().encode(text).length));
  const each = Math.max(1, Math.floor(maxAttribute / longest));
  if (texts.length <= each) return { [name]: texts };
  const parts = Array.from({ length: Math.ceil(texts.length / each) }, (_, index) => texts.slice(index * each, (index + 1) * each));
  return Object.fromEntries(parts.map((part, index) => [`${name}${index}`, part]));
}

function layerItems(layer: Layer): Hdf5Item[] {
  const variables = namedWeights(layer);
  const group = `model_weights/${layer.name}`;
  return [
    { path: group, kind: 'group', attributes: list('weight_names', variables.map(({ name }) => name)) },
    ...variables.map(({ name, weight }): Hdf5Item => ({ path: `${group}/${name}`, kind: 'dataset', tensor: weight })),
  ];
}

interface Named {
  readonly name: string;
  readonly weight: Weight;
}

interface Listed {
  readonly trainable: readonly Named[];
  readonly frozen: readonly Named[];
  /** As `weights` lists them, flags aside. */
  readonly all: readonly Named[];
}

/** Keras' `trainable_weights`, then `non_trainable_weights`: what a frozen layer has stands in the second. */
function namedWeights(layer: Layer): readonly Named[] {
  const { trainable, frozen } = listed(layer, layer.name);
  return [...trainable, ...frozen];
}

function listed(layer: Layer, path: string): Listed {
  const inner = layer.network?.layers.filter(({ operation }) => !operation).map((part) => listed(part, `${path}/${part.name}`)) ?? [];
  const own = ownWeights(layer, path);
  const parts: Listed[] = [{ trainable: own.filter(({ weight }) => weight.trainable), frozen: own.filter(({ weight }) => !weight.trainable), all: own }, ...inner];
  const all = parts.flatMap((part) => part.all);
  if (!layer.trainable) return { trainable: [], frozen: all, all };
  return { trainable: parts.flatMap(({ trainable }) => trainable), frozen: parts.flatMap(({ frozen }) => frozen), all };
}

/** Seeds of random generators are no weights. */
function ownWeights(layer: Layer, path: string): Named[] {
  if (layer.opaque !== undefined && layer.keptWeights?.some(({ tensor }) => tensor && /float/.test(tensor.dtype))) {
    throw new SurgeryError('unsupported', 'The variables inside a layer that we do not know have no place in this format.', {
      expected: 'a layer whose variables are its own', received: layer.className, where: path,
    });
  }
  const names = weightPaths(path, layer);
  return layer.weights.map((weight, index) => ({ name: names[index], weight })).filter(({ weight }) => !weight.name.endsWith('seed_generator_state'));
}

/** Compile settings in the old form: the optimizer apart. Without an optimizer the format knows no compiled model. */
function trainingConfig({ compile, compileConfig }: Model): JsonObject | undefined {
  if (!compile) return undefined;
  const written = writeCompileConfig(compile, compileConfig);
  const optimizer = written['optimizer'] ?? null;
  if (optimizer === null) return undefined;
  return withKeys(withoutKeys(written, ['optimizer', 'optimizer_config']), { optimizer_config: optimizerConfig(optimizer), loss: fullNames(written['loss'] ?? null) });
}

/** Short words for losses: Keras 3 writes them into its `.h5` and then fails to find a loss so called. */
const shortNames: Readonly<Record<string, string>> = {
  mse: 'mean_squared_error', mae: 'mean_absolute_error', mape: 'mean_absolute_percentage_error', msle: 'mean_squared_logarithmic_error', bce: 'binary_crossentropy',
  kld: 'kl_divergence', kullback_leibler_divergence: 'kl_divergence', logcosh: 'log_cosh',
};

/** A loss by its whole name; what else stands there stays as it is. */
function fullNames(value: Json): Json {
  if (typeof value === 'string') return Object.hasOwn(shortNames, value.toLowerCase()) ? shortNames[value.toLowerCase()] : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(fullNames);
  if (!isJsonObject(value) || 'class_name' in value) return value;
  return withKeys(value, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fullNames(item)])));
}

function optimizerConfig(optimizer: Json): Json {
  if (typeof optimizer === 'string') return { class_name: optimizer, config: {} };
  const { class_name: className, config } = optimizer as JsonObject;
  return { class_name: className ?? null, config: config ?? {} };
}

function optimizerItems({ optimizerVariables }: Model): Hdf5Item[] {
  if (optimizerVariables.length === 0) return [];
  // A name may come from another file and stand for itself there only.
  const names = optimizerVariables.map(({ name }, index) => `optimizer/${/^\w+$/.test(name) && !/^\d+$/.test(name) ? name : `variable_${index}`}`);
  const unique = new Set(names).size === names.length ? names : names.map((name, index) => `${name}_${index}`);
  return [
    { path: 'optimizer_weights', kind: 'group', attributes: list('weight_names', unique) },
    ...optimizerVariables.map((tensor, index): Hdf5Item => ({ path: `optimizer_weights/${unique[index]}`, kind: 'dataset', tensor })),
  ];
}
