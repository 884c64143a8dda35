import { SurgeryError } from '../errors';
import { batchNormGradReference, batchNormReference } from './batchNormReference';
import type { OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import type { OpName } from './registry';
import { normalizeAxis, sameShape } from './shape';
import { expectDType, refusal, showType, showTypes } from './typeRules';

export interface BatchNormAttributes {
  /** The axis that keeps its own statistics, from the front. */
  readonly axis: number;
  readonly epsilon: number;
}

/** Type of gamma, beta, mean and variance; checks those that are given. */
function channelType(op: OpName, x: TensorType, vectors: readonly TensorType[], axis: number): TensorType {
  expectDType(op, [x, ...vectors], 'float32');
  const channels = x.shape[normalizeAxis(axis, x.shape.length)];
  const fits = channels > 0 && x.shape.length >= 2 && vectors.every(({ shape }) => sameShape(shape, [channels]));
  if (!fits) throw refusal(op, `vectors as long as axis ${axis} of ${showType(x)}, which is fixed`, showTypes(vectors));
  return { shape: [channels], dtype: 'float32' };
}

interface BatchNormOps {
  readonly batchNorm: OpDefinition<BatchNormAttributes>;
  readonly batchNormGrad: OpDefinition<BatchNormAttributes>;
}

export const batchNormOps: BatchNormOps = {
  batchNorm: {
    name: 'batchNorm',
    infer([x, gamma, beta], { axis }) {
      const channel = channelType('batchNorm', x, [gamma, beta], axis);
      return [{ shape: x.shape, dtype: 'float32' }, channel, channel];
    },
    gradient({ inputs: [x, gamma], outputs: [, mean, variance], attributes }, [dy, dMean, dVariance], wanted) {
      if (dMean || dVariance) {
        throw new SurgeryError('unsupported', 'Batch statistics take no gradient: they only feed moving statistics.', { where: 'batchNorm' });
      }
      if (!dy) return [undefined, undefined, undefined];
      const gradients = batchNormGrad([x, gamma, mean, variance, dy], attributes);
      return gradients.map((gradient, i) => (wanted[i] ? gradient : undefined));
    },
    reference: (inputs, attributes) => batchNormReference(inputs, attributes),
  },
  batchNormGrad: {
    name: 'batchNormGrad',
    infer([x, gamma, mean, variance, dy], { axis }) {
      const channel = channelType('batchNormGrad', x, [gamma, mean, variance], axis);
      if (dy.dtype !== 'float32' || !sameShape(dy.shape, x.shape)) throw refusal('batchNormGrad', `a gradient as ${showType(x)}`, showType(dy));
      return [{ shape: x.shape, dtype: 'float32' }, channel, channel];
    },
    gradient() {
      throw new SurgeryError('unsupported', 'A gradient of the gradient of batch normalization is not supported.', { where: 'batchNormGrad' });
    },
    reference: (inputs, attributes) => batchNormGradReference(inputs, attributes),
  },
};

/**
 * Training form: normalizes by the mean and the population variance over all axes but one, then scales and shifts. Gives
 * [y, mean, variance], the last two of shape [channels], as gamma and beta are. They take no gradient.
 */
export function batchNorm(x: Value, gamma: Value, beta: Value, attributes: BatchNormAttributes): [y: Value, mean: Value, variance: Value] {
  const axis = normalizeAxis(attributes.axis, x.shape.length);
  const [y, mean, variance] = x.graph.add(batchNormOps.batchNorm, [x, gamma, beta], { axis, epsilon: attributes.epsilon });
  return [y, mean, variance];
}

/** [d/dx, d/dgamma, d/dbeta] of the `y` of `batchNorm`. */
export function batchNormGrad(
  inputs: readonly [x: Value, gamma: Value, mean: Value, variance: Value, dy: Value],
  attributes: BatchNormAttributes,
): [dx: Value, dGamma: Value, dBeta: Value] {
  const [dx, dGamma, dBeta] = inputs[0].graph.add(batchNormOps.batchNormGrad, inputs, attributes);
  return [dx, dGamma, dBeta];
}
