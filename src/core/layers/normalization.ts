import { z } from 'zod';
import { SurgeryError } from '../errors';
import { floatTensor, sizeOf } from '../model/tensor';
import { add, div, maximum, mul, sub } from '../ops/binary';
import type { Graph, Value } from '../ops/graph';
import { sqrt } from '../ops/unary';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { alongAxes, fromFront, sizesOn } from './layerNormalization';
import { asFloat, only } from './shapes';

type Nested = number | readonly Nested[];

const nested: z.ZodType<Nested> = z.lazy(() => z.union([z.number(), z.array(nested)]));
const given = nested.nullish().transform((value) => value ?? null);

const schema = z
  .object({
    axis: z.union([z.int().transform((axis) => [axis]), z.array(z.int()), z.null().transform((): number[] => [])]).default([-1]),
    mean: given,
    variance: given,
    invert: z.boolean().default(false),
  })
  .refine(({ mean, variance }) => (mean === null) === (variance === null), 'both mean and variance or neither');

type NormalizationConfig = z.output<typeof schema>;

/** `keras.config.epsilon()` */
const EPSILON = 1e-7;

/** (x - mean) / max(sqrt(variance), epsilon) with statistics from the config, or learnt by `adapt` and kept as variables. */
export const normalizationLayer: LayerDefinition<NormalizationConfig> = {
  className: 'Normalization',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: ({ axis, mean }, inputs) => {
    if (mean !== null) return [];
    const shape = sizesOn(axis, only(inputs, 'Normalization'), 'Normalization');
    return [
      { name: 'mean', shape, initializer: 'zeros', trainable: false },
      { name: 'variance', shape, initializer: 'ones', trainable: false },
      { name: 'count', shape: [], initializer: 'zeros', trainable: false },
    ];
  },
  outputShapes: ({ axis }, inputs) => {
    const input = only(inputs, 'Normalization');
    fromFront(axis, input.length);
    return [input];
  },
  call: ({ config, weights }, inputs) => {
    const x = asFloat(only(inputs, 'Normalization'));
    const axes = fromFront(config.axis, x.shape.length);
    const [mean, variance] = [statistic(x, axes, config.mean, weights['mean']), statistic(x, axes, config.variance, weights['variance'])];
    const deviation = maximum(sqrt(variance), EPSILON);
    return [config.invert ? add(mul(x, deviation), mean) : div(sub(x, mean), deviation)];
  },
};

/** Made to broadcast over `x`; one of fewer axes than are kept belongs to the last of them. */
function statistic(x: Value, axes: readonly number[], written: Nested | null, learnt: Value | undefined): Value {
  const value = written === null ? learnt : constantOf(x.graph, written);
  if (!value) throw new Error('a Normalization was given no statistics');
  return value.shape.length === 0 ? value : alongAxes(value, axes.slice(axes.length - value.shape.length), x.shape.length);
}

function flattened(nestedNumbers: Nested): readonly number[] {
  return typeof nestedNumbers === 'number' ? [nestedNumbers] : nestedNumbers.flatMap(flattened);
}

function constantOf(graph: Graph, written: Nested): Value {
  const shape: number[] = [];
  for (let level = written; typeof level !== 'number'; level = level[0] ?? 0) shape.push(level.length);
  const numbers = flattened(written);
  if (numbers.length !== sizeOf(shape)) {
    throw new SurgeryError('config-invalid', 'The statistics of a Normalization are no array.', { expected: `[${shape.join(', ')}]`, received: `${numbers.length} numbers` });
  }
  return graph.constant(floatTensor(shape, Float32Array.from(numbers)));
}
