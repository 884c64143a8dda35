import { isJsonObject, type JsonObject } from '../model/json';
import type { KeptGroup, Layer, Model } from '../model/model';
import { writeCompileConfig } from './compileConfig';
import { asFormatMeans } from './hardSigmoid';
import { type FileParts, joinedParts, wholeFile } from './fileParts';
import { hdf5Parts, type Hdf5Item } from './hdf5Write';
import { assetMembers } from './kerasAssets';
import { layerGroups } from './kerasPaths';
import { withKeys, withoutKeys, writePythonJson } from './pythonJson';
import { writeLayer } from './writeConfig';
import { zipParts } from './writeZip';

/** The version whose layout we write; readers since 3.0 take it. */
const layoutVersion = '3.15.1';

/** Never the time of day: equal models are equal files. */
const dateSaved = '1980-01-01@00:00:00';

/** A `.keras` file that Keras 3 loads: config with flags, compile settings, weights in their stored types, optimizer state. */
export function writeKeras(given: Model): Promise<Uint8Array> {
  return Promise.resolve().then(() => joinedParts(kerasParts(given)));
}

/** The same, in pieces: weights that lie in a large file are read as they are written. */
export function kerasParts(given: Model): FileParts {
  const model = asFormatMeans(given, 'keras 3');
  const files = Object.entries({ ...assetMembers(model.root.network), ...model.kept?.members });
  return zipParts({
    'metadata.json': wholeFile(writePythonJson(metadataOf(model))),
    'config.json': wholeFile(writePythonJson(modelConfig(model))),
    'model.weights.h5': hdf5Parts(weightItems(model)),
    ...Object.fromEntries(files.map(([name, bytes]) => [name, wholeFile(bytes)])),
  });
}

/** A file of Keras 2 was translated: readers are to take it for one of Keras 3. */
function metadataOf({ format, kerasVersion, kept }: Model): JsonObject {
  if (format !== 'keras' || kerasVersion.startsWith('2.')) return { keras_version: layoutVersion, date_saved: dateSaved };
  return kept?.metadata ?? { keras_version: kerasVersion, date_saved: dateSaved };
}

function modelConfig(model: Model): JsonObject {
  const entry = withoutKeys(writeLayer(model.root), ['compile_config']);
  if (model.compile) return withKeys(entry, { compile_config: writeCompileConfig(model.compile, model.compileConfig) });
  // Keras writes an empty one for a model that was never compiled.
  return model.format === 'keras' && model.compileConfig ? withKeys(entry, { compile_config: model.compileConfig }) : entry;
}

function weightItems(model: Model): Hdf5Item[] {
  const optimizer: Hdf5Item[] = model.optimizerVariables.length === 0 ? [] : [
    { path: 'optimizer', kind: 'group' },
    { path: 'optimizer/vars', kind: 'group', attributes: { name: 'optimizer' } },
    ...model.optimizerVariables.map((tensor, index): Hdf5Item => ({ path: `optimizer/vars/${index}`, kind: 'dataset', tensor })),
    ...(model.kept?.optimizerGroups ?? []).map((group) => keptItem(group, `optimizer/${group.path}`)),
  ];
  return [...layerItems(model.root, ''), ...optimizer, ...(model.kept?.groups ?? []).map((group) => keptItem(group, group.path))];
}

function keptItem({ attributes, tensor }: KeptGroup, path: string): Hdf5Item {
  return tensor ? { path, kind: 'dataset', tensor } : { path, kind: 'group', attributes };
}

/** A layer's own variables, what was kept of it, and the layers inside it. `group` is '' for the root. */
function layerItems(layer: Layer, group: string): Hdf5Item[] {
  const under = (name: string): string => (group === '' ? name : `${group}/${name}`);
  const groups: Hdf5Item[] = layer.network ? [{ path: under('layers'), kind: 'group' }] : [];
  return [
    ...groups,
    ...(layer.network ? layerGroups(layer.network) : []).flatMap(({ layer: inner, group: name }): Hdf5Item[] => {
      const path = under(`layers/${name}`);
      return [{ path, kind: 'group' }, ...layerItems(inner, path)];
    }),
    { path: under('vars'), kind: 'group', attributes: { name: layer.name } },
    ...variableItems(variablesInOrder(layer).filter(({ group, inOwnGroup }) => group === undefined || inOwnGroup === true), under(folderOf(layer))),
    ...innerItems(layer, under),
    ...(layer.keptWeights ?? []).map((group) => keptItem(group, under(group.path))),
  ];
}

function variableItems(weights: Layer['weights'], folder: string): Hdf5Item[] {
  return weights.map((tensor, index) => ({ path: `${folder}/${index}`, kind: 'dataset', tensor }));
}

/** The variables of a layer that this one wraps stand in a group of their own, which bears that layer's name. */
function innerItems(layer: Layer, under: (name: string) => string): Hdf5Item[] {
  const groups = new Set(layer.weights.flatMap(({ group }) => group ?? []));
  return [...groups].flatMap((group): Hdf5Item[] => {
    const wrapped = layer.config[group];
    const config = isJsonObject(wrapped) ? wrapped['config'] : undefined;
    const name = isJsonObject(config) && typeof config['name'] === 'string' ? config['name'] : layer.name;
    return [
      { path: under(group), kind: 'group' },
      { path: under(`${group}/vars`), kind: 'group', attributes: { name } },
      ...variableItems(variablesInOrder(layer).filter((weight) => weight.group === group), under(`${group}/vars`)),
    ];
  });
}

/** Keras keeps the variables of a recurrent layer in its cell; from an `.h5` an opaque one has them itself. */
function folderOf({ className, opaque }: Layer): string {
  return opaque !== undefined && ['LSTM', 'GRU', 'SimpleRNN'].includes(className) ? 'cell/vars' : 'vars';
}

/** Keras writes the trainable variables first. */
function variablesInOrder({ weights }: Layer): Layer['weights'] {
  return [...weights.filter(({ trainable }) => trainable), ...weights.filter(({ trainable }) => !trainable)];
}
