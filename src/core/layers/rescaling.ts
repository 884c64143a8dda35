import { z } from 'zod';
import type { Json } from '../model/json';
import { isJsonObject } from '../model/json';
import { floatTensor } from '../model/tensor';
import { add, mul } from '../ops/binary';
import type { Graph, Value } from '../ops/graph';
import { elementwise } from './elementwise';
import { asFloat } from './shapes';

/** Keras writes an array as `{ class_name: "__numpy__", config: { value } }`. */
const factor = z.preprocess(
  (value: unknown) => (isJsonObject(value as Json) ? ((value as { config?: { value?: unknown } }).config?.value ?? value) : value),
  z.union([z.number(), z.array(z.number()).min(1)]),
);

/** x scale + offset; a list holds one number for each channel (the last axis). */
export const rescalingLayer = elementwise({
  className: 'Rescaling',
  schema: z.object({ scale: factor, offset: factor.default(0) }),
  apply: (x, { scale, offset }) => add(mul(asFloat(x), operand(x.graph, scale)), operand(x.graph, offset)),
});

function operand(graph: Graph, factors: number | number[]): number | Value {
  return typeof factors === 'number' ? factors : graph.constant(floatTensor([factors.length], Float32Array.from(factors)));
}
