import type { Call, Layer, Model, Network, TensorRef } from '../model/model';
import { findLayer, tensorsOf } from './edit';
import { specAt } from './fit';
import { freeName } from './names';
import type { Operation, OperationDefinition } from './operation';
import { mapCall, reconnect, sameRef } from './reconnect';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';

type Cut = Extract<Operation, { op: 'cut' }>;

/**
 * Cuts the model in two behind a layer and keeps one part: all up to the layer, which becomes the output, or all behind it, with
 * what the layer gave as the input. The two parts one after the other compute what the model did.
 */
export const cut: OperationDefinition<Cut> = {
  op: 'cut',
  apply(model, { layer: path, keep }) {
    const { network } = model.root;
    const ref = tensorAt(model, path);
    const kept = keep === 'before' ? upTo(network, ref) : behind(model, ref);
    const settings = keep === 'before' ? { compile: null, compileConfig: null } : {};
    return { model: refreshShapes({ ...model, ...settings, root: { ...model.root, network: kept }, optimizerVariables: [] }), undo: model };
  },
};

function tensorAt(model: Model, path: string): TensorRef {
  const { layer, parents } = findLayer(model, path);
  const { network } = model.root;
  if (parents.length > 1) throw refused('A model is cut at its own layers, not inside a nested one.', { expected: 'a layer of the outermost model', where: path });
  const calls = network.calls.filter((call) => call.layer === layer.name).length;
  if (calls !== 1 || (layer.network?.outputs.length ?? 1) !== 1) {
    throw refused('A model is cut at one tensor.', { expected: 'a layer that computes, is called once and has one output', received: `${layer.className}, ${calls} calls`, where: path });
  }
  return { kind: 'tensor', layer: layer.name, call: 0, output: 0 };
}

function upTo(network: Network, ref: TensorRef): Network {
  if (network.outputs.length === 1 && sameRef(network.outputs[0].ref, ref)) throw refused('Behind the last layer there is nothing to cut off.', { expected: 'a layer before the output', where: ref.layer });
  if (network.kind === 'sequential') {
    const at = network.layers.findIndex(({ name }) => name === ref.layer);
    return reconnect({ ...network, layers: network.layers.slice(0, at + 1) });
  }
  const calls = needed(network, [ref], () => false);
  const reads = calls.flatMap(tensorsOf);
  const inputs = network.inputs.filter((input) => reads.some((read) => sameRef(read, input.ref)));
  return reconnect({ ...network, inputs, calls, outputs: [{ name: ref.layer, ref }] });
}

function behind(model: Model, ref: TensorRef): Network {
  const { network } = model.root;
  const { shape, dtype } = specAt(network, ref);
  if (!shape) throw refused('What the layer gives has no known shape.', { expected: 'layers before it that can be run', where: ref.layer });
  const name = freeName(model, `${ref.layer}_input`);
  const input = { name, shape, dtype, ref: { kind: 'tensor', layer: name, call: 0, output: 0 } } as const;
  if (network.kind === 'sequential') {
    const layers = network.layers.slice(network.layers.findIndex((layer) => layer.name === ref.layer) + 1);
    if (layers.length === 0) throw nothingLeft(ref);
    return reconnect({ ...network, layers, inputs: [input] });
  }
  if (network.outputs.some((output) => sameRef(output.ref, ref))) throw nothingLeft(ref);
  const isCut = (read: TensorRef): boolean => sameRef(read, ref);
  const calls = needed(network, network.outputs.map((output) => output.ref), isCut);
  const other = calls.flatMap(tensorsOf).find((read) => network.inputs.some((each) => sameRef(each.ref, read)));
  if (other) {
    throw refused('What is behind the layer also reads what is before it.', { expected: 'a layer that every path runs through', received: `a path from ${other.layer} around it`, where: ref.layer });
  }
  const entry: Layer = {
    name, className: 'InputLayer', envelope: { module: 'keras.layers', registered_name: null }, config: { batch_shape: shape, dtype, sparse: false, ragged: false, name }, trainable: true, weights: [],
  };
  const replaced = calls.map((call) => mapCall(call, (read) => (isCut(read) ? input.ref : read)));
  return reconnect({ ...network, layers: [entry, ...network.layers], inputs: [input], calls: replaced });
}

/** The calls that these tensors need, in their order; those behind a known tensor only. */
function needed(network: Network, wanted: readonly TensorRef[], isKnown: (ref: TensorRef) => boolean): Call[] {
  const keys = new Set<string>();
  const keyOf = ({ layer, call }: { readonly layer: string; readonly call: number }): string => JSON.stringify([layer, call]);
  wanted.filter((ref) => !isKnown(ref)).forEach((ref) => keys.add(keyOf(ref)));
  const found: Call[] = [];
  for (const call of [...network.calls].reverse()) {
    if (!keys.has(keyOf(call))) continue;
    found.unshift(call);
    tensorsOf(call).filter((ref) => !isKnown(ref)).forEach((ref) => keys.add(keyOf(ref)));
  }
  return found;
}

function nothingLeft(ref: TensorRef): Error {
  return refused('Behind this layer there is nothing.', { expected: 'a layer before the output', where: ref.layer });
}
