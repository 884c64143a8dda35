import { SurgeryError } from '../../errors';
import type { JsonObject } from '../../model/json';
import { floatTensor } from '../../model/tensor';
import { add, div, maximum, mul, pow, sub } from '../../ops/binary';
import { cast, withoutGradient } from '../../ops/cast';
import { equal } from '../../ops/compare';
import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { oneHot } from '../../ops/oneHot';
import { max, sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { scan } from '../../ops/scan';
import { sameShape, showShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { logSoftmax } from '../../ops/softmax';
import { transpose } from '../../ops/transpose';
import { exp, log, neg } from '../../ops/unary';
import { where as choose } from '../../ops/where';
import { either, not } from '../../layers/masks';
import { invalidSetting, readNumber } from '../kerasObject';
import type { LossFunction } from './settings';

/** Losses whose targets are indices of classes, by the name of Keras' function. Each reads its settings; throws `config-invalid`. */
export const labelled = {
  categorical_generalized_cross_entropy: (config, where) => {
    const q = readNumber(config, 'q', { fallback: 0.5, where });
    if (q <= 0 || q >= 1) throw invalidSetting(`${where}.q`, 'a number between 0 and 1', q);
    return (target, output) => {
      requireShape(target, output.shape.slice(0, -1));
      const chosen = oneHot(cast(target, 'int32'), output.shape.at(-1) ?? 1);
      return div(sub(1, pow(sum(mul(output, chosen), [-1]), q)), q);
    };
  },
  ctc: () => connectionist,
} satisfies Readonly<Record<string, (config: JsonObject, where: string) => LossFunction>>;

function requireShape(target: Value, shape: readonly number[]): void {
  if (sameShape(target.shape, shape)) return;
  throw new SurgeryError('data-mismatch', 'The targets are no indices of classes for this output.', { expected: showShape(shape), received: showShape(target.shape) });
}

/** As little as a probability of nothing; its logarithm is not infinite, so that differences of two stay numbers. */
const NEVER = -1e30;

/**
 * Connectionist temporal classification (Graves et al. 2006): labels [batch, length], 0 for what is blank or beyond the end, and
 * logits [batch, steps, classes]; minus the logarithm of how likely all ways are that say the labels. One scan over the steps
 * adds up ways by where they are among the labels with blanks between.
 */
function connectionist(target: Value, output: Value): Value {
  const [batch = 1, steps = 0, classes = 1] = output.shape;
  const [, length = 0] = target.shape;
  if (output.shape.length !== 3 || steps < 1) throw new SurgeryError('data-mismatch', 'CTC needs an output of logits for each of a fixed number of steps.', { expected: '[batch, steps, classes]', received: showShape(output.shape) });
  if (target.shape.length !== 2 || length < 1) throw new SurgeryError('data-mismatch', 'CTC needs a row of labels for each sample.', { expected: '[batch, length]', received: showShape(target.shape) });
  const labels = cast(target, 'int32');
  const places = 2 * length + 1;
  const likely = matmul(logSoftmax(output), withBlanks(labels, { batch, length, classes }), { transposeB: true });
  const start = add(mul(reshape(slice(slice(output, 1, 0, 1), 2, 0, 1), [batch, 1]), 0), constantRow(output, places, (place) => (place === 0 ? 0 : NEVER)));
  const { carry } = scan({ carry: [start], xs: [transpose(likely, [1, 0, 2])], consts: [mayJump(labels, places)] }, ([ways], [now], [jump]) => {
    const one = shifted(ways, 1);
    const two = add(shifted(ways, 2), jump);
    return { carry: [add(logSumOf([ways, one, two]), now)], ys: [] };
  });
  return neg(ended(carry[0], labels, places));
}

function constantRow(x: Value, size: number, of: (place: number) => number): Value {
  return x.graph.constant(floatTensor([1, size], Float32Array.from({ length: size }, (_, place) => of(place))));
}

/** One-hot rows of blank, label, blank, …, blank: [batch, 2 length + 1, classes]. */
function withBlanks(labels: Value, { batch, length, classes }: { readonly batch: number; readonly length: number; readonly classes: number }): Value {
  const hot = reshape(oneHot(labels, classes), [batch, length, 1, classes]);
  const blank = add(mul(hot, 0), reshape(constantRow(labels, classes, (place) => (place === 0 ? 1 : 0)), [classes]));
  const pairs = reshape(concat([blank, hot], 2), [batch, 2 * length, classes]);
  return concat([pairs, reshape(slice(blank, 1, 0, 1), [batch, 1, classes])], 1);
}

/** 0 where a way may come from two places before: to a label that is not the one before it. [batch, places] */
function mayJump(labels: Value, places: number): Value {
  const [batch = 1, length = 1] = labels.shape;
  const before = concat([sub(-1, mul(slice(labels, 1, 0, 1), 0)), ...(length > 1 ? [slice(labels, 1, 0, length - 1)] : [])], 1);
  const may = choose(equal(labels, before), NEVER, mul(cast(labels, 'float32'), 0));
  const never = add(mul(may, 0), NEVER);
  const pairs = reshape(concat([never, may].map((row) => reshape(row, [batch, length, 1])), 2), [batch, places - 1]);
  return concat([pairs, slice(never, 1, 0, 1)], 1);
}

/** What stood so many places before; nothing before the first. */
function shifted(ways: Value, by: number): Value {
  const places = ways.shape[1] ?? 1;
  return concat([add(mul(slice(ways, 1, 0, by), 0), NEVER), slice(ways, 1, 0, places - by)], 1);
}

function logSumOf(terms: readonly Value[]): Value {
  const largest = withoutGradient(terms.reduce((a, b) => maximum(a, b)));
  return add(log(terms.map((term) => exp(sub(term, largest))).reduce((a, b) => add(a, b))), largest);
}

/** Ways that end at the last label of each sample or at the blank after it. */
function ended(ways: Value, labels: Value, places: number): Value {
  const counts = sum(cast(not(equal(labels, 0)), 'float32'), [1], true);
  const last = mul(counts, 2);
  const place = constantRow(ways, places, (index) => index);
  const ends = either(equal(place, last), equal(place, sub(last, 1)));
  const held = choose(ends, ways, NEVER);
  const largest = withoutGradient(max(held, [1], true));
  return reshape(add(log(sum(exp(sub(held, largest)), [1], true)), largest), [ways.shape[0] ?? 1]);
}
