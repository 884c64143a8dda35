import { add, div, maximum, minimum, mul, pow, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater, greaterEqual } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { abs, cos, erf, exp, floor, log, log1p, neg, sign, sin, softplus, sqrt, tanh } from '../../ops/unary';
import { where } from '../../ops/where';
import type { KerasOperation } from './operation';
import type { Operand, OperationCall } from './operationCall';

type Binary = (a: Operand, b: Operand) => Value;

const operands = ['x1', 'x2'];

function binary(className: string, combine: Binary): KerasOperation {
  return { className, parameters: operands, apply: (call) => combine(...call.pair('x1', 'x2')) };
}

/** Computed in float32 whatever the operands are. */
function floatBinary(className: string, combine: Binary): KerasOperation {
  return { className, parameters: operands, apply: (call) => combine(...call.floats('x1', 'x2')) };
}

function unary(className: string, map: (x: Value) => Value): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => map(call.float('x')) };
}

/** Whole numbers stay whole. */
function signed(className: string, map: (x: Value) => Value): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => keepWhole(call.tensor('x'), map) };
}

function keepWhole(x: Value, map: (x: Value) => Value): Value {
  return x.dtype === 'float32' ? map(x) : cast(map(cast(x, 'float32')), 'int32');
}

const floorDivide: Binary = (a, b) => floor(div(a, b));

/** As NumPy, the sign of the divisor. */
const modulo: Binary = (a, b) => sub(a, mul(floorDivide(a, b), b));

/** Whole numbers stay whole in these, although they are computed in float32. */
function wholeBinary(className: string, combine: Binary): KerasOperation {
  return {
    className,
    parameters: operands,
    apply: (call) => {
      const types = call.pair('x1', 'x2').map((side) => (typeof side === 'number' ? 'int32' : side.dtype));
      const result = combine(...call.floats('x1', 'x2'));
      return types.includes('float32') ? result : cast(result, 'int32');
    },
  };
}

/** 0 where the divisor is 0, and no gradient there. */
const divideNoNan: Binary = (a, b) => {
  const divisor = typeof b === 'number' ? b : where(equal(b, 0), 1, b);
  if (typeof b === 'number') return b === 0 ? mul(a, 0) : div(a, b);
  return where(equal(b, 0), 0, div(a, divisor));
};

/** log(e^a + e^b) without overflow. */
const logaddexp: Binary = (a, b) => add(maximum(a, b), softplus(neg(abs(sub(a, b)))));

/** Half to even, as NumPy rounds. */
function round(x: Value): Value {
  const down = floor(x);
  const rest = sub(x, down);
  const odd = greater(sub(down, mul(floor(mul(down, 0.5)), 2)), 0.5);
  const up = add(down, 1);
  return where(greater(rest, 0.5), up, where(equal(rest, 0.5), where(odd, up, down), down));
}

/** Gradient 0 outside the limits; at a limit as TensorFlow's `clip_by_value`. */
function clip(call: OperationCall): Value {
  const x = call.tensor('x');
  const [low, high] = [call.number('x_min'), call.number('x_max')];
  const whole = x.dtype !== 'float32' && Number.isInteger(low) && Number.isInteger(high);
  const typed = cast(x, whole ? 'int32' : 'float32');
  return maximum(minimum(typed, high), low);
}

function rounded(call: OperationCall): Value {
  call.only('decimals', 0);
  return keepWhole(call.tensor('x'), round);
}

export const arithmeticOperations: readonly KerasOperation[] = [
  binary('Add', add),
  binary('Subtract', sub),
  binary('Multiply', mul),
  floatBinary('Divide', div),
  floatBinary('TrueDivide', div),
  floatBinary('DivideNoNan', divideNoNan),
  wholeBinary('FloorDivide', floorDivide),
  wholeBinary('Mod', modulo),
  wholeBinary('Power', pow),
  binary('Maximum', maximum),
  binary('Minimum', minimum),
  floatBinary('Logaddexp', logaddexp),
  floatBinary('Hypot', (a, b) => sqrt(add(mul(a, a), mul(b, b)))),
  signed('Negative', neg),
  signed('Absolute', abs),
  signed('Abs', abs),
  signed('Sign', sign),
  signed('Square', (x) => mul(x, x)),
  // -x - 1 turns every bit of a whole number.
  { className: 'BitwiseNot', parameters: ['x'], apply: (call) => sub(-1, cast(call.tensor('x'), 'int32')) },
  { className: 'BitwiseInvert', parameters: ['x'], apply: (call) => sub(-1, cast(call.tensor('x'), 'int32')) },
  { className: 'Clip', parameters: ['x'], apply: clip },
  { className: 'Round', parameters: ['x'], apply: rounded },
  unary('Sqrt', sqrt),
  unary('Rsqrt', (x) => div(1, sqrt(x))),
  unary('Reciprocal', (x) => div(1, x)),
  unary('Exp', exp),
  unary('Exp2', (x) => exp(mul(x, Math.LN2))),
  unary('Expm1', (x) => sub(exp(x), 1)),
  unary('Log', log),
  unary('Log1p', log1p),
  unary('Log2', (x) => mul(log(x), Math.LOG2E)),
  unary('Log10', (x) => mul(log(x), Math.LOG10E)),
  unary('Sin', sin),
  unary('Cos', cos),
  unary('Tan', (x) => div(sin(x), cos(x))),
  unary('Tanh', tanh),
  unary('Sinh', (x) => mul(sub(exp(x), exp(neg(x))), 0.5)),
  unary('Cosh', (x) => mul(add(exp(x), exp(neg(x))), 0.5)),
  unary('Erf', erf),
  unary('Floor', floor),
  unary('Ceil', (x) => neg(floor(neg(x)))),
  unary('Trunc', (x) => where(greaterEqual(x, 0), floor(x), neg(floor(neg(x))))),
];
