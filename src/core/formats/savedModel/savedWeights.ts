import { SurgeryError } from '../../errors';
import { networkOutputSpecs } from '../../inspect/outputShapes';
import type { KerasShape, WeightSpec } from '../../layers/layer';
import type { Layer, Network, Weight } from '../../model/model';
import { checkedWeight, weightSpecs } from '../kerasWeights';
import { safeName } from '../legacyConfig';
import { unknownWeight } from '../legacyWeights';
import type { TensorBundle } from './bundle';
import type { CheckpointObject, ObjectGraph } from './objectGraph';

/** A checkpoint, and which layer each of its objects is. */
export interface Checkpoint {
  readonly graph: ObjectGraph;
  readonly bundle: TensorBundle;
  readonly names: ReadonlyMap<number, string>;
}

export interface CheckpointFilled {
  readonly network: Network;
  /** The object of the checkpoint that each weight was. */
  readonly objects: ReadonlyMap<Weight, number>;
}

/** A variable below a layer's object: the names that lead there, and its own. */
interface Found {
  /** `cell` */
  readonly group: string;
  readonly attribute: string;
  /** `memory/lstm_cell/kernel` */
  readonly name: string;
  readonly key: string;
  readonly id: number;
}

/** Under this name Keras keeps a list of every variable of a layer. */
const allVariables = 'variables';

/** How deep objects may lie inside a layer. */
const maxDepth = 12;

/** What Keras 3 calls otherwise. */
const otherNames: Readonly<Record<string, readonly string[]>> = { kernel: ['depthwise_kernel'], vector_u: ['u', 'sn_u'] };

/** Gives every layer its weights: a layer is found by the way through the objects, not by the name of a variable. */
export async function attachCheckpoint(network: Network, checkpoint: Checkpoint): Promise<CheckpointFilled> {
  return new Attachment(checkpoint, networkOutputSpecs(network).reads).whole(network);
}

class Attachment {
  private readonly objects = new Map<Weight, number>();

  constructor(private readonly checkpoint: Checkpoint, private readonly reads: ReadonlyMap<string, readonly KerasShape[]>) {}

  async whole(network: Network): Promise<CheckpointFilled> {
    return { network: await this.network(network, this.checkpoint.graph.root, ''), objects: this.objects };
  }

  private async network(network: Network, object: CheckpointObject, prefix: string): Promise<Network> {
    const byName = this.layersOf(object);
    const layers: Layer[] = [];
    for (const layer of network.layers) layers.push(await this.layer(layer, byName.get(layer.name), prefix + layer.name));
    return { ...network, layers };
  }

  /** The objects that a model keeps under `layer-0`, `layer-1`, … */
  private layersOf(object: CheckpointObject): ReadonlyMap<string, CheckpointObject> {
    const { graph, names } = this.checkpoint;
    const found = [...object.children].filter(([name]) => /^layer(_with_weights)?-\d+$/.test(name)).flatMap(([, id]): [string, CheckpointObject][] => {
      const name = names.get(id);
      return name === undefined ? [] : [[safeName(name), graph.at(id)]];
    });
    return new Map(found);
  }

  private async layer(layer: Layer, object: CheckpointObject | undefined, path: string): Promise<Layer> {
    if (layer.operation) return layer;
    const specs = weightSpecs(layer, this.reads.get(path));
    if (!object) {
      if (layer.network || (specs?.length ?? 0) > 0) throw missing(path, 'the layer');
      return layer;
    }
    if (layer.network) return { ...layer, network: await this.network(layer.network, object, `${path}/`) };
    const found = this.variables(object, '', new Set());
    return { ...layer, weights: specs ? await this.known(specs, found, path) : await this.unknown(found) };
  }

  /** Each variable once, by the shortest way that leads to it. */
  private variables(object: CheckpointObject, group: string, seen: Set<number>): Found[] {
    if (group.split('.').length > maxDepth) return [];
    const children = [...object.children].filter(([name]) => name !== 'keras_api' && !/^(trainable_|non_trainable_|regularization_)/.test(name)).map(([name, id]) => [name, this.checkpoint.graph.at(id)] as const);
    const fresh = children.filter(([, child]) => !seen.has(child.id));
    fresh.forEach(([, child]) => seen.add(child.id));
    const own = fresh.flatMap(([attribute, { id, variable }]): Found[] => (variable ? [{ group, attribute, id, ...variable }] : []));
    const inner = fresh.filter(([, { variable }]) => !variable);
    // The list of all variables of the layer says of none whose it is: only what nothing else leads to is taken from there.
    const listed = inner.filter(([name]) => name === allVariables);
    return [...own, ...[...inner.filter(([name]) => name !== allVariables), ...listed].flatMap(([name, child]) => this.variables(child, group === '' ? name : `${group}.${name}`, seen))];
  }

  private async known(specs: readonly WeightSpec[], found: readonly Found[], path: string): Promise<Weight[]> {
    const rest = new Set(found);
    const weights: Weight[] = [];
    for (const spec of specs) {
      const match = bestOf([...rest], spec);
      if (!match) throw missing(path, spec.name);
      rest.delete(match);
      weights.push(await this.read(spec, match, path));
    }
    const lost = [...rest].find(({ name, attribute }) => !/seed|generator|random/i.test(name + attribute));
    if (lost) throw new SurgeryError('weight-mismatch', 'The checkpoint holds more variables than the layer has.', { expected: String(specs.length), received: lost.name || lost.key, where: path });
    return weights;
  }

  private async read(spec: WeightSpec, { key, id }: Found, path: string): Promise<Weight> {
    const weight = checkedWeight(spec, await this.checkpoint.bundle.tensor(key), `${path}/${spec.name}`);
    this.objects.set(weight, id);
    return weight;
  }

  private async unknown(found: readonly Found[]): Promise<Weight[]> {
    const weights: Weight[] = [];
    for (const { key, name, attribute, id } of found) {
      const weight = unknownWeight({ name: name === '' ? attribute : name, tensor: await this.checkpoint.bundle.tensor(key) });
      this.objects.set(weight, id);
      weights.push(weight);
    }
    return weights;
  }
}

/**
 * By the way and the name, then by the name alone where only one bears it. A variable of a part has the part's name before its own
 * here (`forward_kernel`): the longest name that ends it is meant, since `recurrent_kernel` ends with `kernel`.
 */
function bestOf(found: readonly Found[], { name, group = '' }: WeightSpec): Found | undefined {
  const names = [name, ...(Object.hasOwn(otherNames, name) ? otherNames[name] : [])];
  const isCalled = ({ attribute, name: full }: Found): boolean => names.includes(attribute) || names.includes(full.split('/').at(-1) ?? '');
  const wanted = stepsOf(wayTo(name, group));
  const there = found.filter((item) => stepsOf(item.group) === wanted);
  const exact = there.find(isCalled) ?? there.filter(({ attribute }) => name.endsWith(`_${attribute}`)).sort((a, b) => b.attribute.length - a.attribute.length).at(0);
  if (exact) return exact;
  const named = found.filter(isCalled);
  return named.length === 1 ? named[0] : undefined;
}

/** Stacked cells stand in a list here, and under the names of their classes in a weights file of Keras 3. */
function wayTo(name: string, group: string): string {
  const cell = /(?:^|_)cell_(\d+)_/.exec(name)?.[1];
  return cell === undefined ? group : group.replace(/(^|\/)cells\/[^/]+$/, `$1cells/${cell}`);
}

/** Keras 2 kept parts of a layer under names with a line before them. */
function stepsOf(group: string): string {
  return group.split(/[./]/).map((step) => step.replace(/^_/, '')).join('/');
}

function missing(layer: string, what: string): SurgeryError {
  return new SurgeryError('weight-missing', 'The checkpoint lacks a variable of the model.', { expected: what, received: 'nothing', where: layer });
}
