import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { noGradient } from './noGradient';
import { expectDType, expectWhole } from './typeRules';

export interface OneHotAttributes {
  /** Number of classes. */
  readonly depth: number;
}

export const oneHotOps: { oneHot: OpDefinition<OneHotAttributes> } = {
  oneHot: {
    name: 'oneHot',
    ...noGradient,
    infer(inputs, { depth }) {
      expectDType('oneHot', inputs, 'int32');
      expectWhole('oneHot', 'depth', [depth], 1);
      return [{ shape: [...inputs[0].shape, depth], dtype: 'float32' }];
    },
    reference([{ shape, data }], { depth }) {
      const result = new Float64Array(data.length * depth);
      data.forEach((index, row) => {
        if (index >= 0 && index < depth) result[row * depth + index] = 1;
      });
      return [{ shape: [...shape, depth], data: result }];
    },
  },
};

/** int32 indices [...] -> float32 [..., depth]: 1 at the index, 0 elsewhere; all 0 for an index out of range. */
export function oneHot(indices: Value, depth: number): Value {
  return indices.graph.add(oneHotOps.oneHot, [indices], { depth })[0];
}
