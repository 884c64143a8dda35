import type { Call, TensorRef } from '../model/model';

/** A call and the tensors that it reads. */
export interface OrderedCall extends Call {
  readonly reads: readonly TensorRef[];
}

export interface GraphOrder {
  /** Names in the order of Keras' `model.layers`. */
  readonly layers: readonly string[];
  /** In an order in which each call comes after what it reads. */
  readonly calls: readonly Call[];
}

type Key = string;
const keyOf = ({ layer, call }: { readonly layer: string; readonly call: number }): Key => JSON.stringify([layer, call]);

/**
 * The order in which Keras 3 keeps a Functional model's layers (`map_graph` of keras/src/ops/function.py): by falling distance
 * to the outputs, then by when a depth-first walk from the outputs first met them; inputs that no output needs come last.
 * The weights file numbers layers in this order. A walk with a stack of its own, so that deep graphs do not end the process's.
 */
export function orderGraph(calls: readonly OrderedCall[], inputs: readonly TensorRef[], outputs: readonly TensorRef[]): GraphOrder {
  const byKey = new Map(calls.map((call) => [keyOf(call), call]));
  const { finished, met } = walk(byKey, outputs);
  const depths = layerDepths(finished, byKey);
  for (const { layer } of inputs) {
    if (depths.has(layer)) continue;
    depths.set(layer, 0);
    met.set(layer, -1);
  }
  const layers = [...depths.keys()].sort((a, b) => (depths.get(b) ?? 0) - (depths.get(a) ?? 0) || (met.get(a) ?? 0) - (met.get(b) ?? 0));
  return { layers, calls: finished.flatMap(({ key }) => byKey.get(key) ?? []) };
}

interface Visited {
  readonly key: Key;
  readonly layer: string;
}

/** Depth first from the outputs; what is read first is finished first. */
function walk(byKey: ReadonlyMap<Key, OrderedCall>, outputs: readonly TensorRef[]): { finished: Visited[]; met: Map<string, number> } {
  const finished: Visited[] = [];
  const met = new Map<string, number>();
  const seen = new Set<Key>();
  for (const output of outputs) {
    const stack: { ref: TensorRef; next: number }[] = [];
    const enter = (ref: TensorRef): void => {
      const key = keyOf(ref);
      if (seen.has(key)) return;
      seen.add(key);
      if (!met.has(ref.layer)) met.set(ref.layer, met.size);
      stack.push({ ref, next: 0 });
    };
    enter(output);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const read = byKey.get(keyOf(top.ref))?.reads[top.next++];
      if (read) enter(read);
      else {
        finished.push({ key: keyOf(top.ref), layer: top.ref.layer });
        stack.pop();
      }
    }
  }
  return { finished, met };
}

/** Distance of each layer to the outputs: the largest of its calls; a call counts with what its layer has so far. */
function layerDepths(finished: readonly Visited[], byKey: ReadonlyMap<Key, OrderedCall>): Map<string, number> {
  const calls = new Map<Key, number>();
  const layers = new Map<string, number>();
  for (const { key, layer } of [...finished].reverse()) {
    const depth = Math.max(calls.get(key) ?? 0, layers.get(layer) ?? 0);
    layers.set(layer, depth);
    calls.set(key, depth);
    for (const read of byKey.get(key)?.reads ?? []) {
      const below = keyOf(read);
      calls.set(below, Math.max(depth + 1, calls.get(below) ?? 0));
    }
  }
  return layers;
}
