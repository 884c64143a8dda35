import { SurgeryError } from '../errors';
import { networkOutputSpecs } from '../inspect/outputShapes';
import type { KerasShape, WeightSpec } from '../layers/layer';
import type { Layer, Network, Weight } from '../model/model';
import type { Hdf5File } from './hdf5Door';
import { checkedWeight, weightSpecs } from './kerasWeights';
import { safeName } from './legacyConfig';
import { describedTensor, type StoredTensor } from './storedTensor';

/** A group of `.h5` weights and who wrote it. */
export interface LegacyGroup {
  readonly group: string;
  readonly keras2: boolean;
}

/** A stored array and its name in the file, `dense/kernel:0` or `nested/dense/kernel`. */
export interface Stored {
  readonly name: string;
  readonly tensor: StoredTensor;
}

/** A layer that has variables of its own; its specs are unknown where its class or its input is. */
interface Leaf {
  readonly path: string;
  readonly layer: Layer;
  readonly specs: readonly WeightSpec[] | undefined;
}

interface Slot {
  readonly leaf: Leaf;
  readonly spec: WeightSpec;
}

/** `layer_names` and `weight_names` are split into `weight_names0`, … where they are long. An empty list is one of numbers. */
export function listAttribute(file: Hdf5File, group: string, name: string): readonly string[] {
  const whole = file.attribute(group, name);
  if (whole !== undefined) return asList(whole, `${group}@${name}`);
  const parts: string[] = [];
  for (let index = 0; ; index++) {
    const part = file.attribute(group, `${name}${index}`);
    if (part === undefined) return parts;
    parts.push(...asList(part, `${group}@${name}${index}`));
  }
}

function asList(value: string | number | readonly string[], where: string): readonly string[] {
  if (typeof value === 'object') return value;
  throw new SurgeryError('format-broken', 'An attribute is not what Keras writes.', { expected: 'a list of names', received: String(value).slice(0, 80), where });
}

/** Gives every layer its weights from the group that bears its name; a nested model's are all in one group. */
export function attachLegacyWeights(network: Network, file: Hdf5File, from: LegacyGroup): Network {
  const { reads } = networkOutputSpecs(network);
  const written = new Map(listAttribute(file, from.group, 'layer_names').map((name) => [safeName(name), name]));
  const layers = network.layers.map((layer) => {
    if (layer.operation) return layer;
    const leaves = leavesOf(layer, layer.name, reads);
    const name = written.get(layer.name);
    const stored = name === undefined ? [] : storedWeights(file, `${from.group}/${name}`);
    return withWeights(layer, layer.name, assign(layer, leaves, { stored, keras2: from.keras2 }));
  });
  return { ...network, layers };
}

/**
 * Gives every layer its weights from arrays of a whole model, by their names: that of the layer, and maybe of the models around
 * it or the cell in it, then the variable's. Throws `weight-missing` or `weight-mismatch` with what has no partner.
 */
export function attachNamedWeights(network: Network, stored: readonly Stored[]): Network {
  const { reads } = networkOutputSpecs(network);
  const leaves = network.layers.flatMap((layer) => leavesOf(layer, layer.name, reads));
  const assigned = leaves.some(({ specs }) => !specs) ? assignWithUnknown(leaves, stored) : assignByName(leaves, stored);
  return { ...network, layers: network.layers.map((layer) => (layer.operation ? layer : withWeights(layer, layer.name, assigned))) };
}

function assignByName(all: readonly Leaf[], everything: readonly Stored[]): Assigned {
  const wrapped = new Map(all.flatMap((leaf) => {
    const found = inTurn(leaf, everything);
    return found ? [[leaf, found] as const] : [];
  }));
  const taken = new Set([...wrapped.values()].flatMap((found) => [...found.values()]));
  const leaves = all.filter((leaf) => !wrapped.has(leaf));
  const stored = everything.filter((item) => !taken.has(item));
  const rest = new Set(stored);
  const slots = leaves.flatMap((leaf) => inOrder(leaf.specs ?? []).map((spec): Slot => ({ leaf, spec })));
  const found = new Map<Slot, Stored>();
  for (const slot of slots) {
    const named = stored.filter((item) => rest.has(item) && isCalled(slot, variableOf(item.name)));
    const exact = named.filter(({ name }) => isOf(slot.leaf, name));
    const fitting = exact.length > 0 ? exact : named.filter(({ name }) => containsLayer(slot.leaf, name));
    const [first] = fitting;
    if (fitting.length !== 1) throw missing(slot.leaf.path, `one array named ${slot.leaf.layer.name}/${slot.spec.name}`, `${fitting.length}`);
    rest.delete(first);
    found.set(slot, first);
  }
  const lost = [...rest].at(0);
  if (lost) throw new SurgeryError('weight-mismatch', 'A variable of the file belongs to no layer.', { received: lost.name, where: lost.name });
  return new Map([...collect(leaves, found), ...[...wrapped].flatMap(([leaf, own]) => [...collect([leaf], own)])]);
}

/** Of a layer around others: what bears its name, in Keras' order, where names of variables alone do not tell them apart. */
function inTurn(leaf: Leaf, stored: readonly Stored[]): ReadonlyMap<Slot, Stored> | undefined {
  const specs = inOrder(leaf.specs ?? []);
  const own = stored.filter(({ name }) => containsLayer(leaf, name));
  if (own.length !== specs.length || specs.every(({ name }) => own.some((item) => variableOf(item.name) === name))) return undefined;
  return new Map(specs.map((spec, index) => [{ leaf, spec }, own[index]]));
}

/** Keras 3 renamed the kernel of the depthwise convolutions. */
function isCalled({ leaf, spec }: Slot, variable: string): boolean {
  return variable === spec.name || (spec.name === 'kernel' && variable === 'depthwise_kernel' && /^DepthwiseConv/.test(leaf.layer.className));
}

/** The arrays of one layer's group, in the order of `weight_names`. */
export function storedWeights(file: Hdf5File, group: string): Stored[] {
  return listAttribute(file, group, 'weight_names').map((name) => {
    if (!file.has(`${group}/${name}`)) throw missing(group, name);
    return { name, tensor: file.tensor(`${group}/${name}`) };
  });
}

function leavesOf(layer: Layer, path: string, reads: ReadonlyMap<string, readonly KerasShape[]>): Leaf[] {
  if (layer.operation) return [];
  if (!layer.network) return [{ path, layer, specs: weightSpecs(layer, reads.get(path)) }];
  return layer.network.layers.flatMap((inner) => leavesOf(inner, `${path}/${inner.name}`, reads));
}

type Assigned = ReadonlyMap<string, readonly Weight[]>;

function withWeights(layer: Layer, path: string, assigned: Assigned): Layer {
  if (!layer.network) return { ...layer, weights: assigned.get(path) ?? [] };
  const layers = layer.network.layers.map((inner) => withWeights(inner, `${path}/${inner.name}`, assigned));
  return { ...layer, network: { ...layer.network, layers } };
}

interface Source {
  readonly stored: readonly Stored[];
  readonly keras2: boolean;
}

/** Weights of each leaf by its path: by their names where these say it all, else in the order in which Keras writes them. */
function assign(layer: Layer, leaves: readonly Leaf[], { stored, keras2 }: Source): Assigned {
  if (!layer.network && leaves.some(({ specs }) => !specs)) return new Map([[layer.name, stored.map(unknownWeight)]]);
  if (leaves.some(({ specs }) => !specs)) return assignWithUnknown(leaves, stored);
  const slots = keras2 ? oldOrder(layer, leaves) : newOrder(layer, leaves);
  const next = slots.at(stored.length);
  if (next) throw missing(layer.name, next.spec.name);
  if (stored.length > slots.length) {
    throw new SurgeryError('weight-mismatch', 'The file holds more variables than the layer has.', { expected: String(slots.length), received: String(stored.length), where: layer.name });
  }
  return collect(leaves, byName(slots, stored) ?? new Map(slots.map((slot, index) => [slot, stored[index]])));
}

function collect(leaves: readonly Leaf[], found: ReadonlyMap<Slot, Stored>): Assigned {
  const bySpec = new Map([...found].map(([{ spec }, { tensor }]) => [spec, tensor]));
  return new Map(leaves.map(({ path, specs }) => [path, (specs ?? []).map((spec) => checkedWeight(spec, bySpec.get(spec) as StoredTensor, `${path}/${spec.name}`))]));
}

/** Keras' `weights` of a layer: trainable variables first. */
function inOrder(specs: readonly WeightSpec[]): WeightSpec[] {
  return [...specs.filter(({ trainable }) => trainable), ...specs.filter(({ trainable }) => !trainable)];
}

/** Each slot's array by the name of layer and variable; undefined where a name is missing or fits twice. */
function byName(slots: readonly Slot[], stored: readonly Stored[]): Map<Slot, Stored> | undefined {
  const used = new Set<Stored>();
  const found = new Map<Slot, Stored>();
  for (const slot of slots) {
    const fitting = stored.filter(({ name }) => variableOf(name) === slot.spec.name && isOf(slot.leaf, name));
    const first = fitting.at(0);
    if (!first || fitting.length > 1 || used.has(first)) return undefined;
    used.add(first);
    found.set(slot, first);
  }
  return found;
}

function stepsOf(name: string): string[] {
  return name.replace(/:\d+$/, '').split('/');
}

function variableOf(name: string): string {
  return stepsOf(name).at(-1) ?? '';
}

/** Whether the last steps before the variable are the layer's name, a slash in it replaced. */
function isOf({ layer }: Leaf, name: string): boolean {
  const above = stepsOf(name).slice(0, -1);
  return above.some((_, start) => above.slice(start).join('_') === layer.name);
}

/** A nested model with layers that only names can tell apart. */
function assignWithUnknown(leaves: readonly Leaf[], stored: readonly Stored[]): Assigned {
  const rest = new Set(stored);
  const assigned = new Map<string, readonly Weight[]>();
  for (const leaf of leaves) {
    const own = stored.filter((item) => rest.has(item) && containsLayer(leaf, item.name));
    own.forEach((item) => rest.delete(item));
    const { specs } = leaf;
    const known = specs?.map((spec) => {
      const item = own.find(({ name }) => variableOf(name) === spec.name);
      if (!item) throw missing(leaf.path, spec.name);
      return checkedWeight(spec, item.tensor, `${leaf.path}/${spec.name}`);
    });
    assigned.set(leaf.path, known ?? own.map(unknownWeight));
  }
  const lost = [...rest].at(0);
  if (lost) throw new SurgeryError('weight-mismatch', 'A variable of the file belongs to no layer.', { received: lost.name, where: lost.name });
  return assigned;
}

function containsLayer({ layer }: Leaf, name: string): boolean {
  const above = stepsOf(name).slice(0, -1);
  return above.some((_, start) => above.slice(start).some((_step, length) => above.slice(start, start + length + 1).join('_') === layer.name));
}

/** A variable of a class that we do not know; statistics go by these names in Keras. */
export function unknownWeight({ name, tensor }: Stored): Weight {
  const variable = variableOf(name);
  const isState = /^(moving_|seed_generator_state|count$|total$)/.test(variable) || !/^b?float/.test(tensor.dtype);
  return describedTensor({ name: variable, trainable: !isState }, tensor);
}

// ---- the order in which Keras lists a nested model's variables

interface Order {
  readonly trainable: readonly Slot[];
  readonly frozen: readonly Slot[];
  /** As `weights` lists them, flags aside. */
  readonly all: readonly Slot[];
}

/** `trainable_weights`, then `non_trainable_weights`. In Keras 3 a frozen model lists its variables layer by layer. */
function newOrder(layer: Layer, leaves: readonly Leaf[]): readonly Slot[] {
  const { trainable, frozen } = orderOf(layer, leaves, ({ all }) => all);
  return [...trainable, ...frozen];
}

/** In Keras 2 a frozen model lists what would be trainable first. */
function oldOrder(layer: Layer, leaves: readonly Leaf[]): readonly Slot[] {
  const { trainable, frozen } = orderOf(layer, leaves, (order) => [...order.trainable, ...order.frozen]);
  return [...trainable, ...frozen];
}

function orderOf(layer: Layer, leaves: readonly Leaf[], whenFrozen: (order: Order) => readonly Slot[]): Order {
  const byLayer = new Map(leaves.map((leaf) => [leaf.layer, leaf]));
  const visit = (current: Layer): Order => {
    const order = current.network ? join(current.network.layers.map(visit)) : leafOrder(byLayer.get(current));
    return current.trainable ? order : { trainable: [], frozen: whenFrozen(order), all: order.all };
  };
  return visit(layer);
}

function leafOrder(leaf: Leaf | undefined): Order {
  const all = leaf?.specs?.map((spec): Slot => ({ leaf, spec })) ?? [];
  return { trainable: all.filter(({ spec }) => spec.trainable), frozen: all.filter(({ spec }) => !spec.trainable), all };
}

function join(orders: readonly Order[]): Order {
  return { trainable: orders.flatMap(({ trainable }) => trainable), frozen: orders.flatMap(({ frozen }) => frozen), all: orders.flatMap(({ all }) => all) };
}

function missing(layer: string, what: string, received = 'nothing'): SurgeryError {
  return new SurgeryError('weight-missing', 'The file lacks a variable of the model.', { expected: what, received, where: layer });
}
