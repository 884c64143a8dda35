import { SurgeryError } from '../../errors';
import type { JsonObject } from '../../model/json';
import { add, div, maximum, minimum, mul, pow, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { oneHot } from '../../ops/oneHot';
import { mean, sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { sameShape, showShape } from '../../ops/shape';
import { logSoftmax, softmax } from '../../ops/softmax';
import { log, neg, sigmoid, softplus } from '../../ops/unary';
import { where as where_ } from '../../ops/where';
import { not } from '../../layers/masks';
import { readFlag, readNumber } from '../kerasObject';
import { EPSILON, type LossFunction, paired, requireDefault } from './settings';

/** Losses of probabilities (or logits) of classes, by the name of Keras' function. Each reads its settings; throws `config-invalid`. */
export const crossentropies = {
  binary_crossentropy: (config, where) => {
    const options = readOptions(config, where);
    return (target, output) => binaryCrossentropy(target, output, options);
  },
  categorical_crossentropy: (config, where) => {
    const options = readOptions(config, where);
    return (target, output) => categoricalCrossentropy(target, output, options);
  },
  sparse_categorical_crossentropy: (config, where) => {
    const { fromLogits } = readOptions({ ...config, ignore_class: null }, where);
    const ignored = config['ignore_class'] ?? null;
    return (target, output) => {
      if (ignored === null) return sparseCategoricalCrossentropy(target, output, fromLogits);
      // As Keras: class 0 of a row of zeros, whose loss is then left out.
      const counts = cast(not(equal(target, Number(ignored))), 'float32');
      const beside = counts.shape.length === output.shape.length ? counts : reshape(counts, [...counts.shape, 1]);
      const losses = sparseCategoricalCrossentropy(mul(target, counts), mul(output, beside), fromLogits);
      return where_(greater(reshape(counts, losses.shape), 0), losses, 0);
    };
  },
  binary_focal_crossentropy: (config, where) => {
    const options = { ...readOptions(config, where), ...readFocus(config, where), balanced: readFlag(config, 'apply_class_balancing', false, where) };
    return (target, output) => binaryFocalCrossentropy(target, output, options);
  },
  categorical_focal_crossentropy: (config, where) => {
    const options = { ...readOptions(config, where), ...readFocus(config, where) };
    return (target, output) => categoricalFocalCrossentropy(target, output, options);
  },
} satisfies Readonly<Record<string, (config: JsonObject, where: string) => LossFunction>>;

function readOptions(config: JsonObject, where: string): CrossentropyOptions {
  requireDefault(config['axis'] ?? -1, -1, `${where}.axis`);
  requireDefault(config['ignore_class'] ?? null, null, `${where}.ignore_class`);
  return {
    fromLogits: readFlag(config, 'from_logits', false, where),
    smoothing: readNumber(config, 'label_smoothing', { fallback: 0, least: 0, most: 1, where }),
  };
}

/** Lin et al. 2017 */
interface Focus {
  readonly alpha: number;
  readonly gamma: number;
}

function readFocus(config: JsonObject, where: string): Focus {
  return { alpha: readNumber(config, 'alpha', { fallback: 0.25, where }), gamma: readNumber(config, 'gamma', { fallback: 2, where }) };
}

interface CrossentropyOptions {
  readonly fromLogits: boolean;
  readonly smoothing: number;
}

function smoothed(target: Value, smoothing: number, share: number): Value {
  return smoothing > 0 ? add(mul(target, 1 - smoothing), smoothing * share) : target;
}

/**
 * Keras on TensorFlow computes a cross-entropy from the logits wherever the output comes straight from sigmoid or softmax,
 * whichever of the two and whatever `from_logits` says, so that a saturated output still has a gradient.
 */
function logitsOf(output: Value, fromLogits: boolean): Value | undefined {
  const producer = output.graph.producer(output);
  if (producer?.op.name === 'sigmoid' || producer?.op.name === 'softmax') return producer.inputs[0];
  return fromLogits ? output : undefined;
}

function clipProbability(x: Value): Value {
  return maximum(minimum(x, 1 - EPSILON), EPSILON);
}

/** Mean over the last axis of -(t log p + (1 - t) log(1 - p)). */
function binaryCrossentropy(target: Value, output: Value, { fromLogits, smoothing }: CrossentropyOptions): Value {
  const [given, y] = paired(target, output);
  const t = smoothed(given, smoothing, 0.5);
  const logits = logitsOf(y, fromLogits);
  if (logits) return mean(sub(softplus(logits), mul(logits, t)), [-1]);
  const p = clipProbability(y);
  return neg(mean(add(mul(t, log(p)), mul(sub(1, t), log(sub(1, p)))), [-1]));
}

/** -sum over classes of t log p. */
function categoricalCrossentropy(target: Value, output: Value, { fromLogits, smoothing }: CrossentropyOptions): Value {
  const [given, y] = paired(target, output);
  const classes = y.shape.at(-1) ?? 1;
  const t = smoothed(given, smoothing, 1 / classes);
  const logits = logitsOf(y, fromLogits);
  if (logits) return neg(sum(mul(t, logSoftmax(logits)), [-1]));
  const p = clipProbability(div(y, sum(y, [-1], true)));
  return neg(sum(mul(t, log(p)), [-1]));
}

/** -log p of the class that the target names. The host has checked that every target names one. */
function sparseCategoricalCrossentropy(target: Value, output: Value, fromLogits: boolean): Value {
  const rank = output.shape.length;
  const squeezed = target.shape.length === rank && target.shape.at(-1) === 1 ? reshape(target, target.shape.slice(0, -1)) : target;
  if (!sameShape(squeezed.shape, output.shape.slice(0, -1))) {
    throw new SurgeryError('data-mismatch', 'Class indices need one number where the output has one vector.', {
      expected: showShape(output.shape.slice(0, -1)),
      received: showShape(target.shape),
    });
  }
  const chosen = oneHot(cast(squeezed, 'int32'), output.shape.at(-1) ?? 1);
  const scores = logitsOf(output, fromLogits) ?? log(clipProbability(output));
  return neg(sum(mul(chosen, logSoftmax(scores)), [-1]));
}

/** The cross-entropy of each element times (1 - p of what is true)^gamma; balanced: alpha for ones, 1 - alpha for zeros. */
function binaryFocalCrossentropy(target: Value, output: Value, { fromLogits, smoothing, alpha, gamma, balanced }: CrossentropyOptions & Focus & { readonly balanced: boolean }): Value {
  const [given, y] = paired(target, output);
  const t = smoothed(given, smoothing, 0.5);
  const p = fromLogits ? sigmoid(y) : y;
  const logits = logitsOf(y, fromLogits);
  const held = clipProbability(p);
  const entropy = logits ? sub(softplus(logits), mul(logits, t)) : neg(add(mul(t, log(held)), mul(sub(1, t), log(sub(1, held)))));
  const ofTruth = add(mul(t, p), mul(sub(1, t), sub(1, p)));
  const focal = mul(pow(sub(1, ofTruth), gamma), entropy);
  return mean(balanced ? mul(focal, add(mul(t, alpha), mul(sub(1, t), 1 - alpha))) : focal, [-1]);
}

/** -sum over classes of alpha (1 - p)^gamma t log p. */
function categoricalFocalCrossentropy(target: Value, output: Value, { fromLogits, smoothing, alpha, gamma }: CrossentropyOptions & Focus): Value {
  const [given, y] = paired(target, output);
  const t = smoothed(given, smoothing, 1 / (y.shape.at(-1) ?? 1));
  const raw = fromLogits ? softmax(y) : y;
  const p = clipProbability(div(raw, sum(raw, [-1], true)));
  return neg(sum(mul(mul(pow(sub(1, p), gamma), alpha), mul(t, log(p))), [-1]));
}
