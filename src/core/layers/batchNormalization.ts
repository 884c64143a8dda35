import { z } from 'zod';
import { SurgeryError } from '../errors';
import { floatTensor } from '../model/tensor';
import { batchNorm } from '../ops/batchNorm';
import { add, div, mul, sub } from '../ops/binary';
import type { Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { normalizeAxis, showShape } from '../ops/shape';
import { sqrt } from '../ops/unary';
import { where } from '../ops/where';
import { json, readConfig, unsupported, variableSettings } from './config';
import type { CallContext, LayerDefinition, WeightSpec } from './layer';
import { besideFeatures, flags } from './masks';
import { asFloat, knownSize, only } from './shapes';
import { variable } from './variable';

const schema = z.object({
  // Keras 2 wrote a list of one.
  axis: z.union([z.int(), z.tuple([z.int()]).transform(([axis]) => axis)]).default(-1),
  momentum: z.number().default(0.99),
  epsilon: z.number().default(0.001),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
  renorm: z.boolean().nullish(),
  ...variableSettings('gamma'),
  ...variableSettings('beta'),
  moving_mean_initializer: json,
  moving_variance_initializer: json,
});

type BatchNormalizationConfig = z.output<typeof schema>;

/**
 * Training and trainable: normalizes by the batch's mean and population variance, and moves the moving statistics by
 * 1 - momentum towards them. Else, frozen included: normalizes by the moving statistics, which stay.
 */
export const batchNormalizationLayer: LayerDefinition<BatchNormalizationConfig> = {
  className: 'BatchNormalization',
  parse: (config, where) => {
    const read = readConfig(schema, config, where);
    if (read.renorm === true) throw unsupported('renorm', true, where);
    return read;
  },
  passesMask: true,
  weights: (config, inputs) => {
    const shape = [knownSize(only(inputs, 'BatchNormalization'), config.axis, 'BatchNormalization')];
    return [
      ...(config.scale ? [variable('gamma', shape, 'ones', config)] : []),
      ...(config.center ? [variable('beta', shape, 'zeros', config)] : []),
      statistic('moving_mean', shape, config.moving_mean_initializer ?? 'zeros'),
      statistic('moving_variance', shape, config.moving_variance_initializer ?? 'ones'),
    ];
  },
  outputShapes: ({ axis }, inputs) => {
    const input = only(inputs, 'BatchNormalization');
    normalizeAxis(axis, input.length);
    return [input];
  },
  call: (context, inputs) => {
    const x = asFloat(only(inputs, 'BatchNormalization'));
    return [context.training && context.trainable ? byBatch(context, x) : byMovingStatistics(context, x)];
  },
  trainingDiffers: (_config, trainable) => (trainable ? 'it normalizes by the statistics of the batch in training' : undefined),
};

/** `keras.config.epsilon()` */
const MASK_EPSILON = 1e-7;

type Context = CallContext<BatchNormalizationConfig>;

function statistic(name: string, shape: readonly number[], initializer: NonNullable<WeightSpec['initializer']>): WeightSpec {
  return { name, shape, initializer, trainable: false };
}

function byBatch({ config, weights, update, masks }: Context, x: Value): Value {
  const axis = normalizeAxis(config.axis, x.shape.length);
  const { moving_mean: movingMean, moving_variance: movingVariance } = weights;
  if (!movingMean || !movingVariance) throw new Error('a BatchNormalization was given no moving statistics');
  const [y, mean, variance] = masks[0] ? normalizedByCounting({ config, weights }, x, masks[0]) : normalizedByAll({ config, weights }, x, axis);
  const moved = (moving: Value, now: Value): Value => add(mul(moving, config.momentum), mul(now, 1 - config.momentum));
  update('moving_mean', moved(movingMean, mean));
  update('moving_variance', moved(movingVariance, variance));
  return y;
}

type Formula = Pick<Context, 'config' | 'weights'>;

/** y, mean and variance */
function normalizedByAll({ config, weights }: Formula, x: Value, axis: number): readonly [Value, Value, Value] {
  const gamma = weights['gamma'] ?? filled(x, axis, 1);
  const beta = weights['beta'] ?? filled(x, axis, 0);
  return batchNorm(x, gamma, beta, { axis, epsilon: config.epsilon });
}

/** Statistics of the steps that count only; every step is normalized by them. Gradients pass through the statistics. */
function normalizedByCounting({ config, weights }: Formula, x: Value, mask: Value): readonly [Value, Value, Value] {
  if (mask.shape.length !== x.shape.length - 1) {
    throw new SurgeryError('shape-mismatch', 'BatchNormalization takes a mask of one axis less than its input.', { expected: `${x.shape.length - 1} axes`, received: showShape(mask.shape) });
  }
  const counts = besideFeatures(mask);
  const own = normalizeAxis(config.axis, x.shape.length);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== own);
  const weight = add(sum(flags(counts, x.shape), axes, true), MASK_EPSILON);
  const mean = div(sum(where(counts, x, 0), axes, true), weight);
  const difference = where(counts, sub(x, mean), 0);
  const variance = div(sum(mul(difference, difference), axes, true), weight);
  const shaped = (vector: Value): Value => reshape(vector, mean.shape);
  const { gamma, beta } = weights;
  const scale = div(gamma ? shaped(gamma) : 1, sqrt(add(variance, config.epsilon)));
  const y = mul(sub(x, mean), scale);
  const flat = (statistics: Value): Value => reshape(statistics, [x.shape[own] ?? 1]);
  return [beta ? add(y, shaped(beta)) : y, flat(mean), flat(variance)];
}

/** x a + (beta - mean a) with a = gamma / sqrt(variance + epsilon). */
function byMovingStatistics({ config, weights }: Context, x: Value): Value {
  const { gamma, beta, moving_mean: mean, moving_variance: variance } = weights;
  if (!mean || !variance) throw new Error('a BatchNormalization was given no moving statistics');
  const rank = x.shape.length;
  const axis = normalizeAxis(config.axis, rank);
  const factor = div(gamma ?? 1, sqrt(add(variance, config.epsilon)));
  const shift = beta ? sub(beta, mul(mean, factor)) : mul(mul(mean, factor), -1);
  const along = (vector: Value): Value =>
    axis === rank - 1 ? vector : reshape(vector, x.shape.map((_, index) => (index === axis ? (vector.shape[0] ?? 1) : 1)));
  return add(mul(x, along(factor)), along(shift));
}

function filled(x: Value, axis: number, value: number): Value {
  const size = x.shape[axis] ?? 0;
  return x.graph.constant(floatTensor([size], new Float32Array(size).fill(value)));
}
