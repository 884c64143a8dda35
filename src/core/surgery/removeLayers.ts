import type { Call, Model, Network, PlacedLayer, TensorRef } from '../model/model';
import { editNetwork, findLayer, keepOptimizer, networkOf, parentPath, dataOf } from './edit';
import { requireFit } from './fit';
import type { Operation, OperationDefinition } from './operation';
import { mapCall, reconnect, sameRef } from './reconnect';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';
import { renameSettings } from './rename';

type RemoveLayers = Extract<Operation, { op: 'removeLayers' }>;

/**
 * Takes layers out. What read a removed layer reads what that one read; an output moves back the same way. Refused where a
 * removed layer joins several tensors, so that nothing can stand for it, and where what stays does not fit together.
 */
export const removeLayers: OperationDefinition<RemoveLayers> = {
  op: 'removeLayers',
  apply(model, { layers }) {
    if (layers.length === 0) throw refused('No layer is named that should go.', { expected: 'the path of one layer or more' });
    const placed = outermost(layers.map((path) => findLayer(model, path)));
    const edited = [...byNetwork(placed)].reduce(
      (current, [path, removed]) => editNetwork(current, path, (network) => without(network, removed, path)),
      model,
    );
    requireFit(edited);
    return { model: keepOptimizer(model, moveSettings(model, refreshShapes(edited))), undo: model };
  },
};

/**
 * Paths of the last layers of a model in Keras' order, inputs apart: what `removeLayers` takes to shorten it. Throws
 * `operation-refused` where the model has not more layers than that.
 */
export function lastLayers(model: Model, count: number): string[] {
  const names = model.root.network.layers.filter((layer) => layer.className !== 'InputLayer' && !layer.operation).map(({ name }) => name);
  if (Number.isInteger(count) && count >= 1 && count < names.length) return names.slice(-count);
  throw refused('So many layers cannot be removed.', { expected: `a whole number from 1 to ${names.length - 1}`, received: String(count) });
}

/** A layer inside a model that goes as a whole needs no removal of its own. */
function outermost(placed: readonly PlacedLayer[]): PlacedLayer[] {
  const paths = placed.map(({ path }) => path);
  return placed.filter(({ path }) => !paths.some((other) => path.startsWith(`${other}/`)));
}

function byNetwork(placed: readonly PlacedLayer[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const place of placed) {
    if (place.layer.className === 'InputLayer' && networkOf(place).inputs.some(({ ref }) => ref.layer === place.layer.name)) {
      throw refused('An input of a model cannot be removed.', { expected: 'a layer that computes', received: 'InputLayer', where: place.path });
    }
    const parent = parentPath(place);
    found.set(parent, (found.get(parent) ?? new Set()).add(place.layer.name));
  }
  return found;
}

function without(network: Network, removed: ReadonlySet<string>, path: string): Network {
  const layers = network.layers.filter(({ name }) => !removed.has(name));
  const bypassed = network.kind === 'sequential' ? { ...network, layers } : bypass({ ...network, layers }, removed);
  const edited = reconnect(bypassed);
  requireOutputs(network, edited, path === '' ? [...removed].join(', ') : path);
  return edited;
}

/** Refuses outputs that fell back to an input, or two that fell together; those that were so before may stay. */
function requireOutputs(before: Network, { inputs, outputs }: Network, where: string): void {
  const moved = outputs.filter(({ ref }, index) => !sameRef(ref, before.outputs[index].ref));
  if (moved.some(({ ref }) => inputs.some((input) => sameRef(input.ref, ref)))) {
    throw refused('Nothing would be left between an input and an output.', { expected: 'one layer or more between input and output', received: 'none', where });
  }
  if (moved.some(({ ref }) => outputs.filter((other) => sameRef(other.ref, ref)).length > 1)) {
    throw refused('Two outputs of the model would become one.', { expected: 'outputs of different layers', received: outputs.map(({ name }) => name).join(', '), where });
  }
}

/** Calls come after what they read, so one pass finds what stands for each removed call. */
export function bypass(network: Network, removed: ReadonlySet<string>): Network {
  const standIns = new Map<string, TensorRef | null>();
  const resolve = (ref: TensorRef): TensorRef | null => {
    if (!removed.has(ref.layer)) return ref;
    return ref.output === 0 ? (standIns.get(`${ref.layer}:${ref.call}`) ?? null) : null;
  };
  const required = (ref: TensorRef): TensorRef => resolve(ref) ?? refuseJoint(network, ref);
  const calls: Call[] = [];
  for (const call of network.calls) {
    if (removed.has(call.layer)) standIns.set(`${call.layer}:${call.call}`, standIn(call, resolve));
    else calls.push(mapCall(call, required));
  }
  const outputs = network.outputs.map((output) => {
    const ref = required(output.ref);
    return ref.layer === output.ref.layer ? output : { name: ref.layer, ref };
  });
  return { ...network, calls, outputs };
}

/** The one tensor that a removed call read, itself looked up; null where it read several. */
function standIn(call: Call, resolve: (ref: TensorRef) => TensorRef | null): TensorRef | null {
  const [first, ...others] = dataOf(call).map(resolve);
  return first && others.every((other) => other && sameRef(other, first)) ? first : null;
}

function refuseJoint(network: Network, ref: TensorRef): never {
  const call = network.calls.find(({ layer, call: number }) => layer === ref.layer && number === ref.call);
  const read = call ? dataOf(call).map(({ layer }) => layer) : [];
  throw refused('A layer that joins several tensors or gives several cannot be bypassed.', {
    expected: 'a layer with one input and one output',
    received: `${ref.layer} that reads ${read.join(', ')} and gives output ${ref.output}`,
    where: ref.layer,
  });
}

/** Losses and metrics that are keyed by output name follow an output that moved. */
export function moveSettings(before: Model, after: Model): Model {
  return before.root.network.outputs.reduce((model, { name }, index) => {
    const moved = after.root.network.outputs[index]?.name ?? name;
    return moved === name ? model : renameSettings(model, name, moved);
  }, after);
}
