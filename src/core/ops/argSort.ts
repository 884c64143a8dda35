import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { noGradient } from './noGradient';
import { expectDType, refusal, showTypes } from './typeRules';

export const argSortOps: { argSort: OpDefinition } = {
  argSort: {
    name: 'argSort',
    ...noGradient,
    infer(inputs) {
      expectDType('argSort', inputs, 'float32', 'int32');
      const [{ shape }] = inputs;
      if ((shape.at(-1) ?? -1) < 1) throw refusal('argSort', 'a last axis of fixed size', showTypes(inputs));
      return [{ shape, dtype: 'int32' }];
    },
    reference([{ shape, data }]) {
      const size = shape[shape.length - 1];
      const result = new Float64Array(data.length);
      for (let start = 0; start < data.length; start += size) {
        const row = data.subarray(start, start + size);
        result.set(Array.from(row, (_, index) => index).sort((a, b) => row[a] - row[b]), start);
      }
      return [{ shape, data: result }];
    },
  },
};

/** int32 indices that sort the last axis from the smallest on; equal elements stay in their order. */
export function argSort(x: Value): Value {
  return x.graph.add(argSortOps.argSort, [x], {})[0];
}
