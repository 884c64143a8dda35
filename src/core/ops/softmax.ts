import { mul, sub } from './binary';
import type { NumericTensor, OpDefinition } from './definition';
import type { Value } from './graph';
import { sum } from './reduce';
import type { OpName } from './registry';
import { normalizeAxis } from './shape';
import { elementCount } from './strides';
import { expectDType, refusal, showTypes } from './typeRules';
import { exp } from './unary';

export interface SoftmaxAttributes {
  /** From the front; of fixed size. */
  readonly axis: number;
}

interface SoftmaxRule {
  /** From x less the maximum of its group, and the sum of e to that over the group. */
  value(shifted: number, total: number): number;
  slope(dy: Value, y: Value, axis: number): Value;
}

function definition(name: OpName, rule: SoftmaxRule): OpDefinition<SoftmaxAttributes> {
  return {
    name,
    infer(inputs, { axis }) {
      expectDType(name, inputs, 'float32');
      const [{ shape }] = inputs;
      if (shape[normalizeAxis(axis, shape.length)] < 1) throw refusal(name, `an axis ${axis} of fixed size`, showTypes(inputs));
      return [{ shape, dtype: 'float32' }];
    },
    gradient: ({ outputs: [y], attributes: { axis } }, [dy], [wanted]) => [dy && wanted ? rule.slope(dy, y, axis) : undefined],
    reference: ([x], { axis }) => [normalize(x, axis, rule)],
  };
}

function normalize({ shape, data }: NumericTensor, axis: number, rule: SoftmaxRule): NumericTensor {
  const size = shape[axis];
  const inner = elementCount(shape.slice(axis + 1));
  const result = new Float64Array(data.length);
  for (let group = 0; group < data.length / size; group++) {
    const start = Math.floor(group / inner) * size * inner + (group % inner);
    const end = start + size * inner;
    let largest = -Infinity;
    for (let at = start; at < end; at += inner) largest = Math.max(largest, data[at]);
    let total = 0;
    for (let at = start; at < end; at += inner) total += Math.exp(data[at] - largest);
    for (let at = start; at < end; at += inner) result[at] = rule.value(data[at] - largest, total);
  }
  return { shape, data: result };
}

export const softmaxOps = {
  softmax: definition('softmax', {
    value: (shifted, total) => Math.exp(shifted) / total,
    slope: (dy, y, axis) => mul(y, sub(dy, sum(mul(dy, y), [axis], true))),
  }),
  logSoftmax: definition('logSoftmax', {
    value: (shifted, total) => shifted - Math.log(total),
    slope: (dy, y, axis) => sub(dy, mul(exp(y), sum(dy, [axis], true))),
  }),
};

function apply(op: OpDefinition<SoftmaxAttributes>, x: Value, axis: number): Value {
  return x.graph.add(op, [x], { axis: normalizeAxis(axis, x.shape.length) })[0];
}

/** e^x over its sum along an axis of fixed size. */
export const softmax = (x: Value, axis = -1): Value => apply(softmaxOps.softmax, x, axis);
/** Its logarithm, exact where softmax itself would be 0. */
export const logSoftmax = (x: Value, axis = -1): Value => apply(softmaxOps.logSoftmax, x, axis);
