import type { Json } from '../../model/json';
import { add, div, maximum, minimum, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater, greaterEqual, logicalAnd } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { max } from '../../ops/reduce';
import { abs, exp, floor, log, log1p, neg, sign } from '../../ops/unary';
import { where } from '../../ops/where';
import { either, not } from '../masks';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

export function isNan(x: Value): Value {
  return not(equal(x, x));
}

function test(className: string, holds: (x: Value) => Value): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => holds(call.float('x')) };
}

function float(className: string, map: (x: Value) => Value): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => map(call.float('x')) };
}

/** What both are in must be whole again where both were. */
function pairwise(className: string, combine: (a: Value, b: Value) => Value): KerasOperation {
  return {
    className,
    parameters: ['x1', 'x2'],
    apply: (call) => {
      const whole = call.pair('x1', 'x2').every((side) => (typeof side === 'number' ? Number.isInteger(side) : side.dtype !== 'float32'));
      const result = combine(...call.floatTensors('x1', 'x2'));
      return whole ? cast(result, 'int32') : result;
    },
  };
}

function nanToNum(call: OperationCall): Value {
  const x = call.tensor('x');
  if (x.dtype !== 'float32') return x;
  const [nan, highest, lowest] = [call.number('nan', 0), call.number('posinf', LARGEST), call.number('neginf', -LARGEST)];
  const numbers = where(isNan(x), nan, x);
  const below = where(greater(numbers, LARGEST), highest, numbers);
  return where(greater(-LARGEST, below), lowest, below);
}

/** |a - b| <= atol + rtol |b|, by which, as in Keras on TensorFlow, no infinity is close to itself. */
function close(call: OperationCall): Value {
  const whole = call.pair('x1', 'x2').every((side) => (typeof side === 'number' ? Number.isInteger(side) : side.dtype !== 'float32'));
  const [a, b] = call.floatTensors('x1', 'x2');
  if (whole) return equal(a, b);
  const limit = add(mul(abs(b), call.number('rtol', 1e-5)), call.number('atol', 1e-8));
  const near = greaterEqual(limit, abs(sub(a, b)));
  return call.flag('equal_nan') ? either(near, logicalAnd(isNan(a), isNan(b))) : near;
}

/** All of them, over all axes. */
function all(holds: Value): Value {
  return cast(neg(max(neg(cast(holds, 'float32')))), 'bool');
}

/** The one that is a number where the other is none. */
const preferred = (choose: (a: Value, b: Value) => Value) => (a: Value, b: Value): Value => where(isNan(a), b, where(isNan(b), a, choose(a, b)));

/** The rest of a division that is rounded towards 0: the sign of the dividend. */
function remainder(a: Value, b: Value): Value {
  const quotient = div(a, b);
  return sub(a, mul(mul(sign(quotient), floor(abs(quotient))), b));
}

/** log2(2^a + 2^b) without overflow. */
function logaddexp2(a: Value, b: Value): Value {
  return add(maximum(a, b), mul(log1p(exp(mul(abs(sub(a, b)), -Math.LN2))), Math.LOG2E));
}

/** Also where the number is a negative 0, which no comparison tells from 0: its reciprocal does. */
function signbit(x: Value): Value {
  return either(greater(0, x), logicalAnd(equal(x, 0), greater(0, div(1, x))));
}

/** The third root, of negative numbers too; no gradient at 0, as in Keras. */
function cubeRoot(x: Value): Value {
  const zero = equal(x, 0);
  const size = where(zero, 1, abs(x));
  const root = exp(div(log(size), 3));
  // One step of Newton's: the exponential of a logarithm loses bits.
  const better = sub(root, div(sub(root, div(size, mul(root, root))), 3));
  return where(zero, 0, mul(sign(x), better));
}

const limits: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255], int8: [-128, 127], uint16: [0, 65_535], int16: [-32_768, 32_767], int32: [-2_147_483_648, 2_147_483_520],
};

/** Brought within the limits of a type of whole numbers first. */
function saturated(call: OperationCall): Value {
  const dtype: Json | undefined = call.plain('dtype');
  if (typeof dtype !== 'string') throw call.refuse('dtype missing', 'nothing');
  if (/^b?float/.test(dtype)) return call.float('x');
  const range = Object.hasOwn(limits, dtype) ? limits[dtype] : undefined;
  if (!range) throw call.refuse(`dtype as ${dtype}`, dtype);
  const x = call.tensor('x');
  return x.dtype === 'float32' ? cast(maximum(minimum(x, range[1]), range[0]), 'int32') : maximum(minimum(cast(x, 'int32'), range[1]), range[0]);
}

export const exceptionOperations: readonly KerasOperation[] = [
  test('Isnan', isNan),
  test('Isinf', (x) => equal(abs(x), Infinity)),
  test('Isposinf', (x) => equal(x, Infinity)),
  test('Isneginf', (x) => equal(x, -Infinity)),
  test('Isfinite', (x) => greater(Infinity, abs(x))),
  test('Isreal', (x) => either(equal(x, x), isNan(x))),
  test('Signbit', signbit),
  { className: 'NanToNum', parameters: ['x'], apply: nanToNum },
  { className: 'Isclose', parameters: ['x1', 'x2', 'rtol', 'atol'], apply: close },
  { className: 'AllClose', parameters: ['x1', 'x2'], apply: (call) => all(close(call)) },
  pairwise('Fmax', preferred(maximum)),
  pairwise('Fmin', preferred(minimum)),
  pairwise('Fmod', remainder),
  { className: 'Heaviside', parameters: ['x1', 'x2'], apply: (call) => {
    const [x, atZero] = call.floatTensors('x1', 'x2');
    return where(equal(x, 0), atZero, cast(greater(x, 0), 'float32'));
  } },
  { className: 'Logaddexp2', parameters: ['x1', 'x2'], apply: (call) => logaddexp2(...call.floatTensors('x1', 'x2')) },
  { className: 'Ldexp', parameters: ['x1', 'x2'], apply: (call) => {
    const [x, power] = call.floatTensors('x1', 'x2');
    return mul(x, exp(mul(power, Math.LN2)));
  } },
  float('Fabs', abs),
  float('Cbrt', cubeRoot),
  { className: 'SaturateCast', parameters: ['x'], apply: saturated },
];
