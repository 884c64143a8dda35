import type { Layer, Network } from '../model/model';
import { tensorsIn } from './kerasConfig';
import { orderGraph } from './layerOrder';
import { pythonClass } from './pythonClass';

/** Keras' `to_snake_case` (keras/src/utils/naming.py). */
function snakeCase(name: string): string {
  return name.replace(/\W+/g, '').replace(/(.)([A-Z][a-z]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}

/** A layer and the name of its group in the weights file, below `layers/` of its network. */
export interface GroupedLayer {
  readonly layer: Layer;
  readonly group: string;
}

/** What Keras calls the groups of layers in a weights file, and what Keras 2.12 to 2.14 called them. */
export const containers = { now: 'layers', early: '_layer_checkpoint_dependencies' } as const;

/**
 * Groups are named after the class, numbered by class in the order of `model.layers`. `counts` says how often the layer of a group is counted.
 */
export function layerGroups(network: Network, counts: (layer: Layer, group: string) => number = () => 1): GroupedLayer[] {
  const next = numbering();
  return kerasOrder(network).filter(({ operation }) => !operation).map((layer) => ({ layer, group: next(layer.className, (group) => counts(layer, group)) }));
}

/** Names of the groups of layers of these classes, in their order. */
export function groupNames(classNames: readonly string[]): string[] {
  const next = numbering();
  return classNames.map((className) => next(className, () => 1));
}

/** Gives the next group of a class. */
function numbering(): (className: string, counts: (group: string) => number) => string {
  const used = new Map<string, number>();
  return (className, counts) => {
    const name = snakeCase(pythonClass(className));
    const times = used.get(name) ?? 0;
    const group = times === 0 ? name : `${name}_${times}`;
    used.set(name, times + counts(group));
    return group;
  };
}

/** How often the early container counted a layer: it held one that has weights by two names, as a layer and as a layer with weights. */
export function earlyCount(hasWeights: boolean): number {
  return hasWeights ? 2 : 1;
}

/** The layers in the order in which Keras will have them after loading the network: surgery may have changed it. */
function kerasOrder(network: Network): readonly Layer[] {
  if (network.kind === 'sequential') return network.layers;
  const calls = network.calls.map((call) => ({ ...call, reads: [...call.args, ...Object.values(call.kwargs)].flatMap(tensorsIn) }));
  const { layers } = orderGraph(calls, network.inputs.map(({ ref }) => ref), network.outputs.map(({ ref }) => ref));
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  return layers.flatMap((name) => byName.get(name) ?? []);
}
