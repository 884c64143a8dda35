import type { Call, Layer, Network, TensorRef } from '../model/model';
import { dataOf, mapRefs, tensorsOf } from './edit';
import { withOwnMaskNames } from './maskNames';
import type { Spot } from './operation';
import { mapCall, sameRef } from './reconnect';
import { refused } from './refuse';

/** Behind a layer, for all that read it, or before one, for that one alone. */
export interface Place {
  readonly side: 'after' | 'before';
  /** Path of the layer. */
  readonly anchor: string;
}

/** Throws `operation-refused` unless exactly one side is named. */
export function placeOf({ after, before }: Spot): Place {
  if (after !== undefined && before === undefined) return { side: 'after', anchor: after };
  if (before !== undefined && after === undefined) return { side: 'before', anchor: before };
  throw refused('It is not clear where the layer is to stand.', { expected: 'either after or before a layer', received: after === undefined ? 'neither' : 'both' });
}

/** What a layer that is put there reads, one tensor for each call of its neighbour. */
export function readsAt(network: Network, side: Place['side'], anchor: string): TensorRef[] {
  const calls = network.calls.filter(({ layer }) => layer === anchor).sort((a, b) => a.call - b.call);
  if (side === 'before') return calls.map((call) => onlyRead(call));
  const read = [...network.calls.flatMap(tensorsOf), ...network.outputs.map(({ ref }) => ref)].find((ref) => ref.layer === anchor && ref.output > 0);
  if (read) throw refused('The layer gives several tensors: it is not clear behind which one.', { expected: 'a layer with one output', where: anchor });
  return (calls.length === 0 ? [0] : calls.map(({ call }) => call)).map((call) => tensor(anchor, call));
}

function onlyRead(call: Call): TensorRef {
  const [read, ...others] = dataOf(call);
  if (others.every((other) => sameRef(other, read))) return tensor(read.layer, read.call, read.output);
  throw refused('The layer joins several tensors: it is not clear before which one.', {
    expected: 'a layer that reads one tensor, or a place after one that it reads', received: `it reads ${dataOf(call).map(({ layer }) => layer).join(', ')}`, where: call.layer,
  });
}

function tensor(layer: string, call: number, output = 0): TensorRef {
  return { kind: 'tensor', layer, call, output };
}

/** The network with a layer more, not in Keras' order yet: `reconnect` brings it there. A shared neighbour shares it too. */
export function putLayer(given: Network, layer: Layer, { side, anchor }: Place): Network {
  const network = withOwnMaskNames(given);
  const at = network.layers.findIndex(({ name }) => name === anchor) + (side === 'after' ? 1 : 0);
  const layers = [...network.layers.slice(0, at), layer, ...network.layers.slice(at)];
  if (network.kind === 'sequential') return { ...network, layers };
  const reads = readsAt(network, side, anchor);
  const calls = reads.map((read, call): Call => ({ layer: layer.name, call, args: [read], kwargs: {} }));
  if (side === 'before') {
    const before = network.calls.filter((call) => call.layer === anchor).sort((a, b) => a.call - b.call);
    const moved = network.calls.map((call) => (call.layer === anchor ? mapCall(call, (ref) => (sameRef(ref, reads[before.indexOf(call)]) ? tensor(layer.name, before.indexOf(call)) : ref)) : call));
    return { ...network, layers, calls: [...moved, ...calls] };
  }
  const edited = mapRefs(network, (ref) => {
    const call = reads.findIndex((read) => sameRef(read, ref));
    return call < 0 ? ref : tensor(layer.name, call);
  });
  return { ...edited, layers, calls: [...edited.calls, ...calls] };
}
