import { cast } from '../ops/cast';
import { logicalAnd } from '../ops/compare';
import type { Graph, Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import type { Mask } from './layer';

/** How many queries look at how many keys. */
interface Pairs {
  readonly queries: number;
  readonly keys: number;
}

/** Who may look at whom, the same for each sample: bool, [1, queries, keys]. */
function pairMask(graph: Graph, { queries, keys }: Pairs, sees: (query: number, key: number) => boolean): Value {
  const data = Uint8Array.from({ length: queries * keys }, (_, index) => (sees(Math.floor(index / keys), index % keys) ? 1 : 0));
  return graph.constant({ dtype: 'bool', shape: [1, queries, keys], data });
}

/** No query looks at a key that comes after it. */
export function causalMask(graph: Graph, pairs: Pairs): Value {
  return pairMask(graph, pairs, (query, key) => query >= key);
}

/** No query looks further than this, to either side. */
export function windowMask(graph: Graph, pairs: Pairs, width: number): Value {
  return pairMask(graph, pairs, (query, key) => Math.abs(query - key) < width);
}

/** Both; either may be missing. */
export function both(a: Mask, b: Mask): Mask {
  return a && b ? logicalAnd(a, b) : (a ?? b);
}

/** [batch, queries] to [batch, queries, 1] */
export function ofQueries(mask: Value): Value {
  return reshape(mask, [...mask.shape, 1]);
}

/** [batch, keys] to [batch, 1, keys] */
export function ofKeys(mask: Value): Value {
  return reshape(mask, [...mask.shape.slice(0, -1), 1, ...mask.shape.slice(-1)]);
}

/** With axes of size 1 before its last `trailing` ones, until it has as many axes as the scores. */
export function laidOver(mask: Value, rank: number, trailing: number): Value {
  const split = Math.max(0, mask.shape.length - trailing);
  const missing = new Array<number>(Math.max(0, rank - mask.shape.length)).fill(1);
  return reshape(cast(mask, 'bool'), [...mask.shape.slice(0, split), ...missing, ...mask.shape.slice(split)]);
}
