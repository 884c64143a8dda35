import { orderGraph } from '../formats/layerOrder';
import type { Call, Network, TensorRef } from '../model/model';
import { mapArgument, mapRefs, mapValues, tensorsOf } from './edit';

/**
 * Puts a network right after layers came or went: a Sequential is strung anew in the order of its layers; a Functional has
 * Keras' order of layers and calls, without what no output needs, and the calls of a layer count from 0 without gaps.
 */
export function reconnect(network: Network): Network {
  return network.kind === 'sequential' ? strung(network) : ordered(network);
}

function strung(network: Network): Network {
  let last = network.inputs[0]?.ref ?? { kind: 'tensor', layer: '', call: 0, output: 0 };
  const calls = network.layers.map(({ name }): Call => {
    const call: Call = { layer: name, call: 0, args: [last], kwargs: {} };
    last = { kind: 'tensor', layer: name, call: 0, output: 0 };
    return call;
  });
  return { ...network, calls, outputs: [{ name: last.layer, ref: last }] };
}

function ordered(network: Network): Network {
  const readings = network.calls.map((call) => ({ ...call, reads: tensorsOf(call) }));
  const order = orderGraph(readings, network.inputs.map(({ ref }) => ref), network.outputs.map(({ ref }) => ref));
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const calls = order.calls.map(({ layer, call, args, kwargs }): Call => ({ layer, call, args, kwargs }));
  return renumbered({ ...network, layers: order.layers.flatMap((name) => layers.get(name) ?? []), calls });
}

/** Keras numbers the calls of a layer by their order in the file: a gap would shift the later ones. */
function renumbered(network: Network): Network {
  const numbers = new Map<string, number[]>();
  for (const { layer, call } of network.calls) numbers.set(layer, [...(numbers.get(layer) ?? []), call]);
  numbers.forEach((calls) => calls.sort((a, b) => a - b));
  const number = (layer: string, call: number): number => Math.max(0, (numbers.get(layer) ?? [call]).indexOf(call));
  const edited = mapRefs(network, (ref) => (numbers.has(ref.layer) ? { ...ref, call: number(ref.layer, ref.call) } : ref));
  return { ...edited, calls: edited.calls.map((call) => ({ ...call, call: number(call.layer, call.call) })) };
}

/** A call that reads other tensors. */
export function mapCall(call: Call, edit: (ref: TensorRef) => TensorRef): Call {
  return { ...call, args: call.args.map((argument) => mapArgument(argument, edit)), kwargs: mapValues(call.kwargs, (argument) => mapArgument(argument, edit)) };
}

/** The same tensor of a network. */
export function sameRef(a: TensorRef, b: TensorRef): boolean {
  return a.layer === b.layer && a.call === b.call && a.output === b.output;
}
