import { SurgeryError } from '../errors';
import { networkOutputSpecs } from '../inspect/outputShapes';
import type { KerasShape, WeightSpec } from '../layers/layer';
import { parseLayer } from '../layers/registry';
import { isJsonObject, type Json } from '../model/json';
import type { KeptGroup, Layer, Network, OptimizerVariable, Weight } from '../model/model';
import type { Hdf5File } from './hdf5Door';
import { containers, earlyCount, type GroupedLayer, layerGroups } from './kerasPaths';
import { describedTensor, type StoredTensor } from './storedTensor';

/** Groups and variables of one layer that nobody interprets. */
const maxKept = 20_000;

/**
 * How the groups of a weights file are those of a network's layers. `structure`: by Keras' numbering, the names must agree. `order`: by
 * Keras' numbering, whatever the names. `name`: by the names alone; a layer that the file does not name loses its weights.
 */
export type Attaching = 'structure' | 'order' | 'name';

/** Gives every layer of a network its weights from a Keras 3 weights file. `group` is '' for the root. */
export function attachWeights(network: Network, file: Hdf5File, group: string, by: Attaching = 'structure'): Network {
  const container = containerIn(file, group);
  if (group === '' && variables(file, '').length > 0) throw new SurgeryError('unsupported', 'The model has variables beside those of its layers.', { where: 'vars' });
  const { reads } = networkOutputSpecs(network);
  const filled = new Map<string, Layer>();
  const groups = by === 'name' ? namedGroups(network, file, container) : groupsIn(network, file, container);
  for (const { layer, group: name } of groups) {
    const path = join(container ?? join(group, 'layers'), name);
    const found = !file.has(path) ? withoutGroup(layer, path) : fill(layer, file, { path, by, reads: reads.get(layer.name) });
    filled.set(layer.name, found);
  }
  if (by === 'name') return { ...network, layers: network.layers.map((layer) => filled.get(layer.name) ?? withoutWeights(layer)) };
  return { ...network, layers: network.layers.map((layer) => filled.get(layer.name) ?? layer) };
}

/** Where a network keeps its layers; undefined where none has a group. */
export function containerIn(file: Hdf5File, group: string): string | undefined {
  return Object.values(containers).map((name) => join(group, name)).find((path) => file.has(path));
}

/** The groups as the Keras that wrote the file numbered them. */
function groupsIn(network: Network, file: Hdf5File, container: string | undefined): GroupedLayer[] {
  if (container?.endsWith(containers.early) !== true) return layerGroups(network);
  return layerGroups(network, (_, group) => earlyCount(holdsVariables(file, join(container, group))));
}

function holdsVariables(file: Hdf5File, path: string): boolean {
  return file.has(path) && file.members(path).some(({ name, kind }) => kind === 'dataset' || holdsVariables(file, join(path, name)));
}

/** The layers that the file has by name: Keras 3 writes it beside the variables. */
function namedGroups(network: Network, file: Hdf5File, container: string | undefined): GroupedLayer[] {
  const members = container === undefined ? [] : file.members(container).filter(({ kind }) => kind === 'group');
  const names = new Map(members.map(({ name: group }) => [nameIn(file, join(container ?? '', group)), group]));
  return network.layers.flatMap((layer) => {
    const group = names.get(layer.name);
    return group === undefined || layer.operation ? [] : [{ layer, group }];
  });
}

function nameIn(file: Hdf5File, path: string): string | undefined {
  const named = file.has(`${path}/vars`) ? file.attribute(`${path}/vars`, 'name') : undefined;
  return typeof named === 'string' ? named : undefined;
}

function withoutWeights(layer: Layer): Layer {
  if (!layer.network) return { ...layer, weights: [] };
  return { ...layer, weights: [], network: { ...layer.network, layers: layer.network.layers.map(withoutWeights) } };
}

/** A layer that has no variables may have no group. */
function withoutGroup(layer: Layer, path: string): Layer {
  const specs = weightSpecs(layer, undefined);
  if ((specs?.length ?? 0) === 0 && !layer.network) return layer;
  throw missing(layer.name, path);
}

interface Filling {
  readonly path: string;
  readonly by: Attaching;
  readonly reads: readonly KerasShape[] | undefined;
}

function fill(layer: Layer, file: Hdf5File, { path, by, reads }: Filling): Layer {
  const named = nameIn(file, path);
  if (by === 'structure' && named !== undefined && named !== layer.name) {
    throw new SurgeryError('weight-mismatch', 'The weights file holds another layer where this one should be.', { expected: layer.name, received: named, where: path });
  }
  const specs = weightSpecs(layer, reads);
  const stored = (group: string): StoredTensor[] => variables(file, group === '' ? path : join(path, groupIn(file, path, group)));
  const weights = specs ? weightsOf(layer, specs, stored) : stored('').map((tensor, index) => describedTensor({ name: `variable_${index}`, trainable: true }, tensor));
  const keptWeights = keptGroups(file, path, ['vars', ...(layer.network ? Object.values(containers) : []), ...(specs ?? []).flatMap(({ group }) => (group === undefined ? [] : groupIn(file, path, group).split('/')[0]))]);
  const whole = { ...layer, weights, ...(keptWeights.length > 0 ? { keptWeights } : {}) };
  return layer.network ? { ...whole, network: attachWeights(layer.network, file, path, by) } : whole;
}

/** A group inside a layer's bears the name of an attribute, which Keras changed from `_query_dense` to `query_dense`. */
function groupIn(file: Hdf5File, path: string, group: string): string {
  const other = group.startsWith('_') ? group.slice(1) : `_${group}`;
  return !file.has(join(path, group)) && file.has(join(path, other)) ? other : group;
}

/** `vars/0`, `vars/1`, … */
function variables(file: Hdf5File, path: string): StoredTensor[] {
  const folder = join(path, 'vars');
  if (!file.has(folder)) return [];
  const count = file.members(folder).filter(({ name, kind }) => kind === 'dataset' && isPlace(name)).length;
  return Array.from({ length: count }, (_, index) => {
    if (!file.has(`${folder}/${index}`)) throw missing(path, `${folder}/${index}`);
    return file.tensor(`${folder}/${index}`);
  });
}

/** Keras numbers a layer's variables; what a layer stores itself bears a name (`idf_weights`). */
function isPlace(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Names come from the layer's definition. In each group Keras writes the trainable variables first. */
function weightsOf(layer: Layer, specs: readonly WeightSpec[], stored: (group: string) => readonly StoredTensor[]): Weight[] {
  const ordered = [...specs.filter(({ trainable }) => trainable), ...specs.filter(({ trainable }) => !trainable)];
  const found = new Map<WeightSpec, StoredTensor>();
  for (const group of new Set(['', ...ordered.map(groupOf)])) {
    const members = ordered.filter((spec) => groupOf(spec) === group || (group === '' && spec.inOwnGroup === true));
    const tensors = stored(group);
    requireCount(layer, members, tensors.length);
    members.forEach((spec, index) => groupOf(spec) === group && found.set(spec, tensors[index]));
  }
  return specs.map((spec) => checkedWeight(spec, found.get(spec) as StoredTensor, `${layer.name}/${spec.name}`));
}

function groupOf({ group = '' }: WeightSpec): string {
  return group;
}

function requireCount(layer: Layer, members: readonly WeightSpec[], count: number): void {
  if (count < members.length) throw missing(layer.name, members[count].name);
  if (count === members.length) return;
  throw new SurgeryError('weight-mismatch', 'The weights file holds more variables than the layer has.', {
    expected: `${members.length}`, received: `${count}`, where: layer.name,
  });
}

/** A stored array as the variable that the layer's class asks for. Throws `weight-mismatch` where the shapes differ. */
export function checkedWeight({ name, shape, trainable, group, inOwnGroup }: WeightSpec, tensor: StoredTensor, where: string): Weight {
  const same = shape.length === tensor.shape.length && shape.every((size, axis) => size === tensor.shape[axis]);
  if (same) return describedTensor({ name, trainable, ...(group === undefined ? {} : { group }), ...(inOwnGroup ? { inOwnGroup } : {}) }, tensor);
  throw new SurgeryError('weight-mismatch', 'A weight has another shape than its layer.', {
    expected: `[${shape.join(', ')}]`, received: `[${tensor.shape.join(', ')}]`, where,
  });
}

/** What the class says of its variables; undefined where the class or its input is not known. */
export function weightSpecs(layer: Layer, reads: readonly KerasShape[] | undefined): readonly WeightSpec[] | undefined {
  if (layer.network) return [];
  if (layer.opaque !== undefined || layer.operation) return undefined;
  const { definition, config } = parseLayer(layer, layer.name);
  const inputs = reads ?? builtShapes(layer.envelope['build_config']);
  try {
    return definition.weights(config, inputs);
  } catch (thrown) {
    if (thrown instanceof SurgeryError && !reads) return undefined;
    throw thrown;
  }
}

/** What the layer was built with says Keras' `build_config`: one shape or a list of them. */
function builtShapes(build: Json | undefined): readonly KerasShape[] {
  const shape = isJsonObject(build) ? build['input_shape'] : undefined;
  if (!Array.isArray(shape)) return [];
  return Array.isArray(shape[0]) ? (shape as KerasShape[]) : [shape as KerasShape];
}

/** Everything below a group but the groups that were read: kept as it is. */
export function keptGroups(file: Hdf5File, path: string, read: readonly string[]): KeptGroup[] {
  const passed = new Set(read.map((group) => group.split('/')[0]));
  const kept: KeptGroup[] = [];
  const keep = (relative: string): void => {
    const full = join(path, relative);
    const name = file.attribute(full, 'name');
    if (kept.length > maxKept) throw new SurgeryError('format-limit', 'A layer keeps too much that is not known.', { expected: `at most ${maxKept} groups`, where: path });
    kept.push({ path: relative, attributes: typeof name === 'string' ? { name } : {} });
    for (const member of file.members(full)) {
      const below = `${relative}/${member.name}`;
      if (member.kind === 'group') keep(below);
      else kept.push({ path: below, attributes: {}, tensor: file.tensor(join(path, below)) });
    }
  };
  for (const { name, kind } of file.members(path)) {
    if (kind === 'group' && !passed.has(name)) keep(name);
  }
  for (const { name, kind } of passed.has('vars') && file.has(join(path, 'vars')) ? file.members(join(path, 'vars')) : []) {
    if (kind === 'dataset' && !isPlace(name)) kept.push({ path: `vars/${name}`, attributes: {}, tensor: file.tensor(join(path, `vars/${name}`)) });
  }
  return kept;
}

/** The optimizer's variables in Keras' order: iteration, learning rate, slots. */
export function optimizerVariables(file: Hdf5File): OptimizerVariable[] {
  return variables(file, 'optimizer').map((tensor, index) => describedTensor({ name: String(index) }, tensor));
}

function join(group: string, name: string): string {
  return group === '' ? name : `${group}/${name}`;
}

function missing(layer: string, what: string): SurgeryError {
  return new SurgeryError('weight-missing', 'The weights file lacks a variable of the model.', { expected: what, received: 'nothing', where: layer });
}
