import { batchSize } from './batchSize';
import { div, mul } from './binary';
import { broadcastTo } from './broadcastTo';
import { cast } from './cast';
import { equal } from './compare';
import type { NumericTensor, OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import { noGradient } from './noGradient';
import type { OpName } from './registry';
import { reshape } from './reshape';
import { normalizeAxis, type Shape, sizeOfShape } from './shape';
import { elementCount, forEachRow, stridesOf, type Walk, wholeWalk } from './strides';
import { expectDType, refusal } from './typeRules';

export interface ReduceAttributes {
  /** From the front, ascending, at least one. */
  readonly axes: readonly number[];
  /** Reduced axes stay, with size 1. */
  readonly keepDims: boolean;
}

export interface ArgMaxAttributes {
  /** From the front. */
  readonly axis: number;
}

/** The gradient of a reduction: `dy` has the reduced axes as size 1 or has no axes at all, `y` is as the reduction gave it. */
type Slope = (dy: Value, x: Value, y: Value, axes: readonly number[]) => Value;

interface ReduceRule {
  readonly start: number;
  combine(total: number, x: number): number;
  /** Divides the totals by how many were reduced. */
  readonly average?: true;
  readonly slope: Slope;
}

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): Shape {
  return keepDims ? keptShape(shape, axes) : shape.filter((_, axis) => !axes.includes(axis));
}

function inferReduce(name: OpName, inputs: readonly TensorType[], attributes: ReduceAttributes): TensorType {
  expectDType(name, inputs, 'float32');
  const { axes } = attributes;
  const [{ shape }] = inputs;
  const ordered = axes.every((axis, i) => normalizeAxis(axis, shape.length) === axis && (i === 0 || axis > axes[i - 1]));
  if (!ordered || axes.length === 0) throw refusal(name, 'axes from the front, ascending, at least one', axes.join(', '));
  return { shape: reducedShape(shape, attributes), dtype: 'float32' };
}

function reduction(name: OpName, rule: ReduceRule): OpDefinition<ReduceAttributes> {
  return {
    name,
    infer: (inputs, attributes) => [inferReduce(name, inputs, attributes)],
    gradient({ inputs: [x], outputs: [y], attributes: { axes } }, [dy], [wanted]) {
      if (!dy || !wanted) return [undefined];
      // A gradient without axes broadcasts as it is.
      const kept = dy.shape.length === 0 ? dy : reshape(dy, keptShape(x.shape, axes));
      return [rule.slope(kept, x, y, axes)];
    },
    reference: ([x], attributes) => [reduceTensor(x, attributes, rule)],
  };
}

function reduceTensor({ shape, data }: NumericTensor, attributes: ReduceAttributes, rule: ReduceRule): NumericTensor {
  const kept = keptShape(shape, attributes.axes);
  const keptStrides = stridesOf(kept);
  const into: Walk = { offset: 0, strides: shape.map((_, axis) => (attributes.axes.includes(axis) ? 0 : keptStrides[axis])) };
  const result = new Float64Array(elementCount(kept)).fill(rule.start);
  forEachRow(shape, [wholeWalk(shape), into], ([from, to], length, [step, stepTo]) => {
    for (let i = 0; i < length; i++) result[to + i * stepTo] = rule.combine(result[to + i * stepTo], data[from + i * step]);
  });
  const count = rule.average ? data.length / result.length : 1;
  if (count !== 1) for (let i = 0; i < result.length; i++) result[i] /= count;
  return { shape: reducedShape(shape, attributes), data: result };
}

/** How many elements of `x` a reduction over `axes` joins: a number, or a value where a batch axis is among them. */
function reducedCount(x: Value, axes: readonly number[]): Value | number {
  const reduced = sizeOfShape(axes.map((axis) => x.shape[axis]));
  if (reduced >= 0) return reduced;
  // The flat tensor has every element, and all its batches, on axis 0.
  const flat = reshape(x, [sizeOfShape(x.shape)]);
  return div(batchSize(flat), sizeOfShape(x.shape) / reduced);
}

/** Elements that tie for the maximum share the gradient equally, as in TensorFlow. */
function maxSlope(dy: Value, x: Value, y: Value, axes: readonly number[]): Value {
  const chosen = cast(equal(x, reshape(y, dy.shape)), 'float32');
  return mul(chosen, div(dy, sum(chosen, axes, true)));
}

export const reduceOps = {
  sum: reduction('sum', { start: 0, combine: (total, x) => total + x, slope: (dy, x) => broadcastTo(dy, x.shape) }),
  mean: reduction('mean', {
    start: 0,
    combine: (total, x) => total + x,
    average: true,
    slope: (dy, x, _y, axes) => broadcastTo(div(dy, reducedCount(x, axes)), x.shape),
  }),
  max: reduction('max', { start: -Infinity, combine: (total, x) => Math.max(total, x), slope: maxSlope }),
  argMax: argMaxDefinition(),
};

function argMaxDefinition(): OpDefinition<ArgMaxAttributes> {
  return {
    name: 'argMax',
    ...noGradient,
    infer(inputs, { axis }) {
      expectDType('argMax', inputs, 'float32', 'int32');
      const [{ shape }] = inputs;
      if (shape[normalizeAxis(axis, shape.length)] < 0) throw refusal('argMax', 'an axis of fixed size', `axis ${axis}`);
      return [{ shape: shape.filter((_, own) => own !== axis), dtype: 'int32' }];
    },
    reference: ([x], { axis }) => [argMaxTensor(x, axis)],
  };
}

function argMaxTensor({ shape, data }: NumericTensor, axis: number): NumericTensor {
  const outShape = shape.filter((_, own) => own !== axis);
  const inner = elementCount(shape.slice(axis + 1));
  const size = shape[axis];
  const result = new Float64Array(elementCount(outShape));
  for (let i = 0; i < result.length; i++) {
    const start = Math.floor(i / inner) * size * inner + (i % inner);
    for (let k = 1; k < size; k++) {
      if (data[start + k * inner] > data[start + result[i] * inner]) result[i] = k;
    }
  }
  return { shape: outShape, data: result };
}

function reduce(op: OpDefinition<ReduceAttributes>, x: Value, axes: readonly number[] | undefined, keepDims: boolean): Value {
  const chosen = axes ?? x.shape.map((_, axis) => axis);
  const normalized = [...new Set(chosen.map((axis) => normalizeAxis(axis, x.shape.length)))].sort((a, b) => a - b);
  if (normalized.length === 0) return x;
  return x.graph.add(op, [x], { axes: normalized, keepDims })[0];
}

/** Over the given axes (negative ones count from the back), or over all; over none it is `x` itself. */
export const sum = (x: Value, axes?: readonly number[], keepDims = false): Value => reduce(reduceOps.sum, x, axes, keepDims);
/** As `sum`. A batch axis divides by the real batch size. */
export const mean = (x: Value, axes?: readonly number[], keepDims = false): Value => reduce(reduceOps.mean, x, axes, keepDims);
/** As `sum`. */
export const max = (x: Value, axes?: readonly number[], keepDims = false): Value => reduce(reduceOps.max, x, axes, keepDims);

/** int32 index of the first maximum along an axis, which vanishes. */
export function argMax(x: Value, axis: number): Value {
  return x.graph.add(reduceOps.argMax, [x], { axis: normalizeAxis(axis, x.shape.length) })[0];
}
