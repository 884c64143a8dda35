import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { noGradient } from './noGradient';
import { refusal, showTypes } from './typeRules';

export const batchSizeOps: { batchSize: OpDefinition } = {
  batchSize: {
    name: 'batchSize',
    ...noGradient,
    infer(inputs) {
      const [{ shape }] = inputs;
      if (shape.length === 0 || shape[0] >= 0) throw refusal('batchSize', 'a batch axis in front', showTypes(inputs));
      return [{ shape: [], dtype: 'float32' }];
    },
    reference: ([{ shape }]) => [{ shape: [], data: Float64Array.of(shape[0]) }],
  },
};

/** The real size of axis 0, which counts batches, as a float32 without axes. */
export function batchSize(x: Value): Value {
  return x.graph.add(batchSizeOps.batchSize, [x], {})[0];
}
