import { SurgeryError } from '../errors';
import type { Call, Layer, Model, Network, TensorRef } from '../model/model';
import { networkOf, parentPath, findLayer, dataOf } from './edit';

/** Where a model's output comes from: the layer, the network that holds it, and the reference to its tensor. */
export interface OutputLayer {
  /** '' for the root's network */
  readonly networkPath: string;
  readonly network: Network;
  readonly path: string;
  readonly layer: Layer;
  readonly ref: TensorRef;
}

/**
 * The output layers of a model in the order of its outputs. An output that a nested model gives is followed into it: the
 * head is the layer that computes the numbers, however deep it stands.
 */
export function outputLayers(model: Model): OutputLayer[] {
  const found = model.root.network.outputs.map(({ ref }) => follow(model.root.network, '', ref));
  return found.filter((output, index) => found.findIndex(({ path }) => path === output.path) === index);
}

function follow(network: Network, networkPath: string, ref: TensorRef): OutputLayer {
  const layer = network.layers.find(({ name }) => name === ref.layer);
  if (!layer) {
    throw new SurgeryError('operation-refused', 'An output of the model is its input: no layer gives it.', {
      expected: 'an output that a layer computes',
      received: `output ${ref.layer}`,
      where: ref.layer,
    });
  }
  const path = networkPath === '' ? layer.name : `${networkPath}/${layer.name}`;
  const inner = layer.network?.outputs[ref.output];
  if (layer.network && inner && layer.network.layers.length > 0) return follow(layer.network, path, inner.ref);
  return { networkPath, network, path, layer, ref };
}

/**
 * Paths of the layers that are the head: each output layer and, where that has no weights and follows a Dense, that Dense
 * too. The same layers that `replaceHead` removes.
 */
export function headPaths(model: Model): string[] {
  const paths = outputLayers(model).flatMap((output) => {
    const dense = denseBefore(output);
    return dense ? [`${output.path.slice(0, output.path.length - output.layer.name.length)}${dense.name}`, output.path] : [output.path];
  });
  return [...new Set(paths)];
}

/** The Dense that a weightless output layer follows; undefined where it has weights or follows something else. */
export function denseBefore({ network, layer, ref }: OutputLayer): Layer | undefined {
  const hasWeights = layer.weights.length > 0 || (layer.keptWeights ?? []).some(({ tensor }) => tensor);
  if (hasWeights || layer.network) return undefined;
  const before = onlyInput(callOf(network, ref));
  const previous = network.layers.find(({ name }) => name === before?.layer);
  return previous?.className === 'Dense' ? previous : undefined;
}

export function callOf(network: Network, ref: TensorRef): Call | undefined {
  return network.calls.find(({ layer, call }) => layer === ref.layer && call === ref.call);
}

/** What a call reads where that is one tensor. */
export function onlyInput(call: Call | undefined): TensorRef | undefined {
  const tensors = call ? dataOf(call) : [];
  return tensors.length === 1 ? tensors[0] : undefined;
}

/** How often a layer is called, counting the calls of every nested model around it. */
export function timesCalled(model: Model, path: string): number {
  const placed = findLayer(model, path);
  const own = networkOf(placed).calls.filter(({ layer }) => layer === placed.layer.name).length;
  const above = parentPath(placed);
  return above === '' ? own : own * timesCalled(model, above);
}
