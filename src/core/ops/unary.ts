import erfOf from '@stdlib/math-base-special-erf';
import { add, div, mul, sub } from './binary';
import { greater, greaterEqual } from './compare';
import type { OpDefinition } from './definition';
import type { Value } from './graph';
import type { OpName } from './registry';
import { expectDType } from './typeRules';
import { where } from './where';

/** The constants of SELU (Klambauer et al. 2017), as Keras has them. */
export const SELU_ALPHA = 1.6732632423543772;
export const SELU_SCALE = 1.0507009873554805;

/** Attributes of `elu`. */
export interface EluAttributes {
  /** What the function tends to, negated, far below zero. */
  readonly alpha: number;
}

interface UnaryRule<A extends object> {
  value(x: number, attributes: A): number;
  /** d(loss)/dx from dy = d(loss)/dy. */
  slope(dy: Value, x: Value, y: Value, attributes: A): Value | undefined;
  readonly differentiable?: false;
}

function unary<A extends object = object>(name: OpName, rule: UnaryRule<A>): OpDefinition<A> {
  return {
    name,
    ...(rule.differentiable === false ? { differentiable: false } : {}),
    infer(inputs) {
      expectDType(name, inputs, 'float32');
      return [{ shape: inputs[0].shape, dtype: 'float32' }];
    },
    gradient: ({ inputs, outputs, attributes }, [dy], [wanted]) => [
      dy && wanted ? rule.slope(dy, inputs[0], outputs[0], attributes) : undefined,
    ],
    reference([{ shape, data }], attributes) {
      const result = new Float64Array(data.length);
      for (let i = 0; i < data.length; i++) result[i] = rule.value(data[i], attributes);
      return [{ shape, data: result }];
    },
  };
}

/** 1 / (1 + e^-x) without overflow on either side. */
function sigmoidOf(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const small = Math.exp(x);
  return small / (1 + small);
}

/** d/dx of an exponential linear unit: `positive` from 0 on, `y + shift` below. */
function eluSlope(dy: Value, above: Value, y: Value, { positive, shift }: { positive: number; shift: number }): Value {
  return mul(dy, where(above, positive, add(y, shift)));
}

export const unaryOps = {
  neg: unary('neg', { value: (x) => -x, slope: (dy) => neg(dy) }),
  abs: unary('abs', { value: Math.abs, slope: (dy, x) => mul(dy, sign(x)) }),
  exp: unary('exp', { value: Math.exp, slope: (dy, _x, y) => mul(dy, y) }),
  log: unary('log', { value: Math.log, slope: (dy, x) => div(dy, x) }),
  log1p: unary('log1p', { value: Math.log1p, slope: (dy, x) => div(dy, add(x, 1)) }),
  sqrt: unary('sqrt', { value: Math.sqrt, slope: (dy, _x, y) => div(mul(dy, 0.5), y) }),
  sign: unary('sign', { value: Math.sign, slope: () => undefined, differentiable: false }),
  sin: unary('sin', { value: Math.sin, slope: (dy, x) => mul(dy, cos(x)) }),
  cos: unary('cos', { value: Math.cos, slope: (dy, x) => neg(mul(dy, sin(x))) }),
  atan: unary('atan', { value: Math.atan, slope: (dy, x) => div(dy, add(mul(x, x), 1)) }),
  floor: unary('floor', { value: Math.floor, slope: () => undefined, differentiable: false }),
  tanh: unary('tanh', { value: Math.tanh, slope: (dy, _x, y) => mul(dy, sub(1, mul(y, y))) }),
  sigmoid: unary('sigmoid', { value: sigmoidOf, slope: (dy, _x, y) => mul(dy, mul(y, sub(1, y))) }),
  erf: unary('erf', {
    value: (x) => erfOf(x),
    slope: (dy, x) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
  }),
  relu: unary('relu', { value: (x) => Math.max(x, 0), slope: (dy, _x, y) => where(greater(y, 0), dy, 0) }),
  elu: unary<EluAttributes>('elu', {
    value: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (dy, x, y, { alpha }) => eluSlope(dy, greater(x, 0), y, { positive: 1, shift: alpha }),
  }),
  selu: unary('selu', {
    value: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    // TensorFlow counts 0 itself to the positive side, which matters for zero-initialized layers.
    slope: (dy, x, y) => eluSlope(dy, greaterEqual(x, 0), y, { positive: SELU_SCALE, shift: SELU_SCALE * SELU_ALPHA }),
  }),
  softplus: unary('softplus', {
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    slope: (dy, x) => mul(dy, sigmoid(x)),
  }),
};

function apply(op: OpDefinition, x: Value): Value {
  return x.graph.add(op, [x], {})[0];
}

/** -x */
export const neg = (x: Value): Value => apply(unaryOps.neg, x);
/** |x|; gradient 0 at 0. */
export const abs = (x: Value): Value => apply(unaryOps.abs, x);
export const exp = (x: Value): Value => apply(unaryOps.exp, x);
/** Natural logarithm. */
export const log = (x: Value): Value => apply(unaryOps.log, x);
/** log(1 + x), exact near 0. */
export const log1p = (x: Value): Value => apply(unaryOps.log1p, x);
export const sqrt = (x: Value): Value => apply(unaryOps.sqrt, x);
/** -1, 0 or 1; takes no gradient. */
export const sign = (x: Value): Value => apply(unaryOps.sign, x);
/** Sine and cosine of radians. */
export const sin = (x: Value): Value => apply(unaryOps.sin, x);
export const cos = (x: Value): Value => apply(unaryOps.cos, x);
/** In radians, -pi/2 to pi/2. */
export const atan = (x: Value): Value => apply(unaryOps.atan, x);
/** The next whole number that is not above; takes no gradient. */
export const floor = (x: Value): Value => apply(unaryOps.floor, x);
export const tanh = (x: Value): Value => apply(unaryOps.tanh, x);
export const sigmoid = (x: Value): Value => apply(unaryOps.sigmoid, x);
/** The error function. */
export const erf = (x: Value): Value => apply(unaryOps.erf, x);
/** max(x, 0); gradient 0 at 0. */
export const relu = (x: Value): Value => apply(unaryOps.relu, x);
/** x above 0, else alpha * (e^x - 1). */
export const elu = (x: Value, alpha = 1): Value => x.graph.add(unaryOps.elu, [x], { alpha })[0];
export const selu = (x: Value): Value => apply(unaryOps.selu, x);
/** log(1 + e^x), for any x. */
export const softplus = (x: Value): Value => apply(unaryOps.softplus, x);
