import type { OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import type { Padding } from './padding';
import { slice } from './slice';
import { copyWalk, elementCount, stridesOf, wholeWalk } from './strides';
import { expectDType, expectWhole, refusal, showType } from './typeRules';

export interface PadAttributes {
  /** One pair per axis; a batch axis takes none. */
  readonly padding: readonly Padding[];
  readonly value: number;
}

function inferPad(x: TensorType, { padding }: PadAttributes): TensorType {
  expectDType('pad', [x], 'float32', 'int32');
  expectWhole('pad', 'padding', padding.flat(), 0);
  const fits = padding.length === x.shape.length && padding.every(([before, after], i) => x.shape[i] >= 0 || before + after === 0);
  if (!fits) throw refusal('pad', `one pair for each axis of ${showType(x)}, [0, 0] for batch axes`, JSON.stringify(padding));
  return { shape: x.shape.map((dim, axis) => dim + padding[axis][0] + padding[axis][1]), dtype: x.dtype };
}

export const padOps: { pad: OpDefinition<PadAttributes> } = {
  pad: {
    name: 'pad',
    infer: ([x], attributes) => [inferPad(x, attributes)],
    gradient({ inputs: [x], attributes: { padding } }, [dy], [wanted]) {
      if (!dy || !wanted) return [undefined];
      const cut = (value: Value, [before, after]: Padding, axis: number): Value =>
        before + after === 0 ? value : slice(value, axis, before, before + x.shape[axis]);
      return [padding.reduce(cut, dy)];
    },
    reference([{ shape, data }], { padding, value }) {
      const padded = shape.map((dim, axis) => dim + padding[axis][0] + padding[axis][1]);
      const strides = stridesOf(padded);
      const offset = strides.reduce((total, stride, axis) => total + stride * padding[axis][0], 0);
      const result = new Float64Array(elementCount(padded)).fill(value);
      copyWalk(shape, { data, walk: wholeWalk(shape) }, { data: result, walk: { offset, strides } });
      return [{ shape: padded, data: result }];
    },
  },
};

/** Adds a constant before and after on each axis. */
export function pad(x: Value, padding: readonly Padding[], value = 0): Value {
  const nothing = padding.length === x.shape.length && padding.every(([before, after]) => before === 0 && after === 0);
  return nothing ? x : x.graph.add(padOps.pad, [x], { padding, value })[0];
}
