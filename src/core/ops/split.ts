import { concat } from './concat';
import { broadcastTo } from './broadcastTo';
import type { OpDefinition } from './definition';
import type { GraphNode, TensorType, Value } from './graph';
import { normalizeAxis } from './shape';
import { gather, stridesOf } from './strides';
import { expectDType, expectWhole, refusal, showType } from './typeRules';

export interface SplitAttributes {
  /** From the front. */
  readonly axis: number;
  /** Of the parts on that axis; together its size. */
  readonly sizes: readonly number[];
}

function inferSplit(x: TensorType, { axis, sizes }: SplitAttributes): TensorType[] {
  expectDType('split', [x], 'float32', 'int32');
  expectWhole('split', 'sizes', sizes, 1);
  normalizeAxis(axis, x.shape.length);
  if (sizes.reduce((total, size) => total + size, 0) !== x.shape[axis]) {
    throw refusal('split', `parts that make up axis ${axis} of ${showType(x)}`, sizes.join(', '));
  }
  return sizes.map((size) => ({ shape: x.shape.map((dim, own) => (own === axis ? size : dim)), dtype: x.dtype }));
}

/** Parts that nothing depends on count as zeros. */
function joined({ outputs, attributes: { axis } }: GraphNode<SplitAttributes>, upstream: readonly (Value | undefined)[]): Value | undefined {
  if (!upstream.some(Boolean)) return undefined;
  return concat(outputs.map((part, i) => upstream[i] ?? broadcastTo(part.graph.scalar(0), part.shape)), axis);
}

export const splitOps: { split: OpDefinition<SplitAttributes> } = {
  split: {
    name: 'split',
    infer: ([x], attributes) => inferSplit(x, attributes),
    gradient: (node, upstream, [wanted]) => [wanted ? joined(node, upstream) : undefined],
    reference([{ shape, data }], { axis, sizes }) {
      const strides = stridesOf(shape);
      let start = 0;
      return sizes.map((size) => {
        const part = gather(shape.map((dim, own) => (own === axis ? size : dim)), data, { offset: start * strides[axis], strides });
        start += size;
        return part;
      });
    },
  },
};

/** Cuts an axis of fixed size into parts of these sizes, in order: the inverse of `concat`. */
export function split(x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  const normalized = normalizeAxis(axis, x.shape.length);
  return sizes.length === 1 && sizes[0] === x.shape[normalized] ? [x] : x.graph.add(splitOps.split, [x], { axis: normalized, sizes });
}
