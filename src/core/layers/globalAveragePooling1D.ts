import { div } from '../ops/binary';
import { cast } from '../ops/cast';
import type { Value } from '../ops/graph';
import { mean, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { where } from '../ops/where';
import { globalPooling } from './globalPooling';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const plain = globalPooling('GlobalAveragePooling1D', 1, mean);

type Config = typeof plain extends LayerDefinition<infer C> ? C : never;

/** With a mask, the mean of the steps that count. */
export const globalAveragePooling1DLayer: typeof plain = {
  ...plain,
  call: (context, inputs) => {
    const [mask] = context.masks;
    return mask ? [meanOfCounting(asFloat(only(inputs, plain.className)), mask, context.config)] : plain.call(context, inputs);
  },
  outputMasks: () => [],
};

function meanOfCounting(x: Value, mask: Value, { data_format: format, keepdims }: Config): Value {
  const steps = format === 'channels_first' ? 2 : 1;
  const counts = reshape(mask, x.shape.map((size, axis) => (axis === 3 - steps ? 1 : size)));
  const kept = where(counts, x, 0);
  return div(sum(kept, [steps], keepdims), sum(cast(counts, 'float32'), [steps], keepdims));
}
