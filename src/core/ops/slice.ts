import type { OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import { pad } from './pad';
import { reshape } from './reshape';
import { normalizeAxis, type Shape } from './shape';
import { gather, stridesOf } from './strides';
import { expectWhole, refusal, showType } from './typeRules';

export interface SliceAttributes {
  /** From the front. */
  readonly axis: number;
  readonly start: number;
  /** Exclusive, at most the size of the axis. */
  readonly end: number;
  readonly step: number;
}

function sliceSize({ start, end, step }: SliceAttributes): number {
  return Math.ceil((end - start) / step);
}

function withSize(shape: Shape, axis: number, size: number): Shape {
  return shape.map((dim, own) => (own === axis ? size : dim));
}

function inferSlice(x: TensorType, attributes: SliceAttributes): TensorType {
  const { axis, start, end, step } = attributes;
  const size = x.shape[normalizeAxis(axis, x.shape.length)];
  expectWhole('slice', 'step', [step], 1);
  expectWhole('slice', 'start and end', [start, end], 0);
  if (start >= end || end > size) {
    throw refusal('slice', `0 <= start < end <= size of axis ${axis} of ${showType(x)}`, `${start} to ${end}`);
  }
  return { shape: withSize(x.shape, axis, sliceSize(attributes)), dtype: x.dtype };
}

/** Puts `step - 1` zeros after each element of an axis, then cuts or fills the end to `size`. */
function spread(dy: Value, { axis, step }: SliceAttributes, size: number): Value {
  const count = dy.shape[axis];
  const columns = [...dy.shape.slice(0, axis + 1), 1, ...dy.shape.slice(axis + 1)];
  const stuffed = pad(reshape(dy, columns), columns.map((_, own) => [0, own === axis + 1 ? step - 1 : 0]));
  const long = reshape(stuffed, withSize(dy.shape, axis, count * step));
  return slice(long, axis, 0, Math.min(size, count * step));
}

export const sliceOps: { slice: OpDefinition<SliceAttributes> } = {
  slice: {
    name: 'slice',
    infer: ([x], attributes) => [inferSlice(x, attributes)],
    gradient({ inputs: [x], attributes }, [dy], [wanted]) {
      if (!dy || !wanted) return [undefined];
      const { axis, start, step } = attributes;
      const size = x.shape[axis];
      const spaced = step === 1 ? dy : spread(dy, attributes, size - start);
      const after = size - start - spaced.shape[axis];
      return [pad(spaced, x.shape.map((_, own) => (own === axis ? [start, after] : [0, 0])))];
    },
    reference([{ shape, data }], attributes) {
      const { axis, start, step } = attributes;
      const strides = stridesOf(shape);
      const from = {
        offset: start * strides[axis],
        strides: strides.map((stride, own) => (own === axis ? stride * step : stride)),
      };
      return [gather(withSize(shape, axis, sliceSize(attributes)), data, from)];
    },
  },
};

/** Each `step`-th element of one axis from `start` to before `end`; the axis has a fixed size. */
export function slice(x: Value, axis: number, ...[start, end, step = 1]: [start: number, end: number, step?: number]): Value {
  const normalized = normalizeAxis(axis, x.shape.length);
  const whole = start === 0 && end === x.shape[normalized] && step === 1;
  return whole ? x : x.graph.add(sliceOps.slice, [x], { axis: normalized, start, end, step })[0];
}
