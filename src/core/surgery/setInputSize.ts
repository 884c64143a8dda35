import type { KerasShape } from '../layers/layer';
import { showKerasShape } from '../layers/shapes';
import type { Layer, Model, Network, NetworkInput } from '../model/model';
import { walkLayers } from '../model/model';
import { tensorsOf } from './edit';
import { requireFit, specAt } from './fit';
import type { Operation, OperationDefinition } from './operation';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';

type SetInputSize = Extract<Operation, { op: 'setInputSize' }>;

/**
 * Another height and width (length; depth) for the input of a convolutional network, `null` for any; channels stay. Nested models
 * follow. Refused where a layer's weights were made for the old size.
 */
export const setInputSize: OperationDefinition<SetInputSize> = {
  op: 'setInputSize',
  apply(model, { size, input: name }) {
    const input = inputOf(model, name);
    const shape = resized(input, size, channelsFirst(model));
    const network = withInputs(model.root.network, model.root.network.inputs.map((each) => (each.name === input.name ? shape : each.shape)));
    const edited: Model = { ...model, root: { ...model.root, network } };
    requireFit(edited);
    return { model: refreshShapes(edited), undo: model };
  },
};

function inputOf({ root }: Model, name: string | undefined): NetworkInput {
  const { inputs } = root.network;
  const names = inputs.map((each) => each.name);
  const found = name === undefined && inputs.length === 1 ? inputs[0] : inputs.find((each) => each.name === name);
  if (found) return found;
  throw refused('It is not clear which input is meant.', { expected: `one of ${names.join(', ')}`, received: name ?? 'none named', where: 'input' });
}

/** Whether the network keeps its channels before the spatial axes. */
function channelsFirst(model: Model): boolean {
  return [...walkLayers(model)].some(({ layer }) => layer.config['data_format'] === 'channels_first');
}

function resized({ shape, name }: NetworkInput, size: readonly (number | null)[], first: boolean): KerasShape {
  const spatial = shape.length - 2;
  if (spatial < 1) throw refused('This input has no height or width.', { expected: 'an input of images, volumes or sequences with channels', received: showKerasShape(shape), where: name });
  const valid = size.length === spatial && size.every((each) => each === null || (Number.isInteger(each) && each > 0));
  if (!valid) throw refused('The size does not fit the input.', { expected: `${spatial} whole numbers from 1, or null`, received: JSON.stringify(size), where: 'size' });
  return first ? [...shape.slice(0, 2), ...size] : [shape[0], ...size, shape[shape.length - 1]];
}

/** The network with inputs of these shapes, and each nested model with those that it is then given. */
function withInputs(network: Network, shapes: readonly KerasShape[]): Network {
  const inputs = network.inputs.map((input, index) => ({ ...input, shape: shapes[index] ?? input.shape }));
  const byLayer = new Map(inputs.map(({ ref, shape }) => [ref.layer, shape]));
  const layers = network.layers.map((layer) => withBatchShape(layer, byLayer.get(layer.name)));
  let current: Network = { ...network, inputs, layers };
  for (const call of network.calls) {
    const layer = current.layers.find(({ name, network: inner }) => name === call.layer && inner);
    if (!layer?.network || call.call > 0) continue;
    const given = tensorsOf(call).map((ref) => specAt(current, ref).shape ?? undefined);
    const inner = withInputs(layer.network, layer.network.inputs.map(({ shape }, index) => following(shape, given[index])));
    current = { ...current, layers: current.layers.map((each) => (each === layer ? { ...each, network: inner } : each)) };
  }
  return current;
}

/** An axis that was free stays so. */
function following(shape: KerasShape, given: KerasShape | undefined): KerasShape {
  return given?.length === shape.length ? shape.map((size, axis) => (size === null ? null : given[axis])) : shape;
}

function withBatchShape(layer: Layer, shape: KerasShape | undefined): Layer {
  return layer.className === 'InputLayer' && shape ? { ...layer, config: { ...layer.config, batch_shape: shape } } : layer;
}
