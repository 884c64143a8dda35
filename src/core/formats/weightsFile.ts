import { SurgeryError } from '../errors';
import type { Layer, Model, Weight } from '../model/model';
import type { Hdf5File } from './hdf5Door';
import type { WeightsSource, WeightsTarget } from '../surgery/operation';
import { attachWeights, containerIn } from './kerasWeights';
import { listAttribute, storedWeights } from './legacyWeights';
import { safeName } from './legacyConfig';
import { describedTensor } from './storedTensor';

type WeightsForm = 'keras 3 weights' | 'legacy weights';

/** How deep layers may be nested in a weights file. */
const maxNesting = 32;

/** The error for an HDF5 file that is no whole model: it names `loadWeights` where the file holds weights. */
export function describeWeightsFile(file: Hdf5File, where: string): SurgeryError {
  if (weightsForm(file) === undefined) {
    return new SurgeryError('not-a-model', 'The HDF5 file holds no Keras model.', { expected: 'an attribute model_config', received: 'none', where });
  }
  return weightsAlone(where);
}

export function weightsAlone(where: string): SurgeryError {
  return new SurgeryError('not-a-model', 'The file holds weights without a model: load it onto a model with the operation loadWeights.', {
    expected: 'a whole model, or a plan with the operation loadWeights', received: 'weights alone', where,
  });
}

/**
 * A file of weights alone (`save_weights`: Keras 3's `.weights.h5`, or the `.h5` of Keras 2) as a model of layers that have
 * names and weights and cannot be run: what `loadWeights` takes from. Throws `not-a-model` where it holds no weights.
 */
export function readWeightsFile(file: Hdf5File, where: string): Model {
  const form = weightsForm(file);
  if (form === undefined) throw describeWeightsFile(file, where);
  const layers = form === 'legacy weights' ? legacyLayers(file) : nestedLayers(file, '', 0);
  const version = file.attribute('/', 'keras_version');
  return {
    root: { ...holder('weights', []), network: networkOf(layers) },
    compile: null,
    compileConfig: null,
    optimizerVariables: [],
    format: 'h5',
    kerasVersion: typeof version === 'string' ? version : form === 'keras 3 weights' ? '3' : 'unknown',
    problems: [],
  };
}

/**
 * A Keras 3 file of weights alone as the weights of a model of the same layers: by its structure as Keras reads it (`order`), or by the names
 * of the layers, of which some may be missing. Undefined for another file. Throws `weight-missing`, `weight-mismatch`.
 */
export function readWeightsOnto(file: Hdf5File, { model, by }: WeightsTarget): WeightsSource | undefined {
  if (weightsForm(file) !== 'keras 3 weights') return undefined;
  return { ...model, root: { ...model.root, network: attachWeights(model.root.network, file, '', by) }, placed: true };
}

function weightsForm(file: Hdf5File): WeightsForm | undefined {
  if (file.attribute('/', 'layer_names') !== undefined || file.attribute('/', 'layer_names0') !== undefined) return 'legacy weights';
  return containerIn(file, '') === undefined ? undefined : 'keras 3 weights';
}

function holder(name: string, weights: readonly Weight[]): Layer {
  return { name, className: 'Weights', envelope: {}, config: { name }, trainable: true, weights, opaque: 'the file holds weights without a model' };
}

function networkOf(layers: readonly Layer[]): NonNullable<Layer['network']> {
  return { kind: 'functional', layers, calls: [], inputs: [], outputs: [] };
}

// ---- Keras 3: layers/dense_1/vars/0, the layer's name as an attribute of vars

function nestedLayers(file: Hdf5File, group: string, depth: number): Layer[] {
  if (depth > maxNesting) throw new SurgeryError('format-limit', 'Layers are nested too deep in the weights file.', { expected: `at most ${maxNesting} levels`, where: group.slice(0, 200) });
  const container = containerIn(file, group);
  if (container === undefined) return [];
  return inClassOrder(file.members(container).filter(({ kind }) => kind === 'group').map(({ name }) => name)).map((member) => {
    const path = `${container}/${member}`;
    const named = file.has(`${path}/vars`) ? file.attribute(`${path}/vars`, 'name') : undefined;
    const layer = holder(typeof named === 'string' ? named : member, variables(file, path));
    const inner = nestedLayers(file, path, depth + 1);
    return inner.length === 0 ? layer : { ...layer, network: networkOf(inner) };
  });
}

/** `dense`, `dense_1`, …, `dense_10`: numbered by class in the order of the model's layers. */
function inClassOrder(names: readonly string[]): string[] {
  const number = (name: string): number => Number(/_(\d+)$/.exec(name)?.[1] ?? 0);
  const stem = (name: string): string => name.replace(/_\d+$/, '');
  return [...names].sort((a, b) => (stem(a) === stem(b) ? number(a) - number(b) : stem(a) < stem(b) ? -1 : 1));
}

function variables(file: Hdf5File, path: string): Weight[] {
  const folder = `${path}/vars`;
  if (!file.has(folder)) return [];
  const count = file.members(folder).filter(({ kind }) => kind === 'dataset').length;
  return Array.from({ length: count }, (_, index) => describedTensor({ name: `variable_${index}`, trainable: true }, file.tensor(`${folder}/${index}`)));
}

// ---- Keras 2: layer_names and weight_names, a nested model's variables all in its group

function legacyLayers(file: Hdf5File): Layer[] {
  return listAttribute(file, '/', 'layer_names').map((group) => {
    const name = safeName(group);
    const stored = storedWeights(file, group).map((item) => ({ ...item, owner: ownerOf(item.name, name) }));
    const owners = [...new Set(stored.map(({ owner }) => owner))];
    const weightsOf = (owner: string): Weight[] => stored.filter((item) => item.owner === owner).map(({ name: full, tensor }) => describedTensor({ name: variableOf(full), trainable: true }, tensor));
    if (owners.every((owner) => owner === name)) return holder(name, weightsOf(name));
    return { ...holder(name, []), network: networkOf(owners.map((owner) => holder(owner, weightsOf(owner)))) };
  });
}

function variableOf(name: string): string {
  return name.replace(/:\d+$/, '').split('/').at(-1) ?? name;
}

/** The layer inside a nested model: what stands between the model's name and the variable's. */
function ownerOf(name: string, group: string): string {
  const above = name.split('/').slice(0, -1).join('_');
  if (above === '' || above === group) return group;
  return above.startsWith(`${group}_`) ? above.slice(group.length + 1) : above;
}
