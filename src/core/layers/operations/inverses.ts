import { add, div, maximum, minimum, mul, sub } from '../../ops/binary';
import { withoutGradient } from '../../ops/cast';
import { equal, greater, greaterEqual } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { abs, atan, erf, exp, log, log1p, neg, sign, sin, sqrt } from '../../ops/unary';
import { where } from '../../ops/where';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

function unary(className: string, map: (x: Value) => Value): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => map(call.float('x')) };
}

/** Both ends of the domain are exact: an infinite quotient there has an arc tangent. */
const arcsin = (x: Value): Value => atan(div(x, sqrt(mul(sub(1, x), add(x, 1)))));
const arccos = (x: Value): Value => mul(atan(sqrt(div(sub(1, x), add(x, 1)))), 2);

/** An odd function from what it is for positive numbers. */
function odd(x: Value, ofPositive: (size: Value) => Value): Value {
  const positive = greaterEqual(x, 0);
  const found = ofPositive(where(positive, x, neg(x)));
  return where(positive, found, neg(found));
}

/** log(x + sqrt(x^2 + 1)) that is exact near 0. */
const arcsinh = (x: Value): Value => odd(x, (size) => {
  const square = mul(size, size);
  return log1p(add(size, div(square, add(sqrt(add(square, 1)), 1))));
});

/** log(x + sqrt(x^2 - 1)) that is exact near 1. */
function arccosh(x: Value): Value {
  const above = sub(x, 1);
  return log1p(add(above, sqrt(mul(above, add(above, 2)))));
}

const arctanh = (x: Value): Value => mul(sub(log1p(x), log1p(neg(x))), 0.5);

/** The angle of the point (x, y), -pi to pi; 0 at the origin. The smaller coordinate is divided by the larger one. */
function arctan2(call: OperationCall): Value {
  const [y, x] = call.floatTensors('x1', 'x2');
  const steep = greater(abs(y), abs(x));
  const divisor = where(steep, y, x);
  const angle = atan(div(where(steep, x, y), where(equal(divisor, 0), 1, divisor)));
  const side = where(greaterEqual(y, 0), Math.PI, -Math.PI);
  const flat = add(angle, where(greater(0, x), side, 0));
  return where(steep, sub(mul(side, 0.5), angle), flat);
}

const sinc = (x: Value): Value => {
  const angle = mul(x, Math.PI);
  const zero = equal(x, 0);
  return where(zero, 1, div(sin(angle), where(zero, 1, angle)));
};

/** sum of numbers[i] x^i */
function polynomial(x: Value, numbers: readonly number[]): Value {
  const [last = 0, ...others] = [...numbers].reverse();
  return others.reduce<Value>((sofar, number, index) => add(mul(index === 0 ? add(mul(x, 0), last) : sofar, x), number), x);
}

const near = [1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7, 2.81022636e-8];
const far = [2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558, -0.000200214257];

/** Giles 2010, in single precision; the gradient is the exact one at what it gives. */
function erfinv(x: Value): Value {
  const inside = greater(1, abs(x));
  const held = where(inside, x, 0);
  const fixed = withoutGradient(held);
  const depth = neg(log(mul(sub(1, fixed), add(fixed, 1))));
  const found = mul(where(greater(5, depth), polynomial(sub(depth, 2.5), near), polynomial(sub(sqrt(depth), 3), far)), fixed);
  const slope = mul(exp(mul(found, found)), Math.sqrt(Math.PI) / 2);
  return where(inside, add(found, mul(sub(held, fixed), slope)), mul(sign(x), Infinity));
}

const small = [1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813];
const large = [0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377];

/** The modified Bessel function of order 0: Abramowitz and Stegun 9.8.1 and 9.8.2. */
function bessel(x: Value): Value {
  const size = abs(x);
  const ratio = minimum(div(size, 3.75), 1);
  const beyond = maximum(size, 3.75);
  const tail = mul(div(exp(beyond), sqrt(beyond)), polynomial(div(3.75, beyond), large));
  return where(greater(3.75, size), polynomial(mul(ratio, ratio), small), tail);
}

export const inverseOperations: readonly KerasOperation[] = [
  unary('Arcsin', arcsin),
  unary('Arccos', arccos),
  unary('Arctan', atan),
  unary('Arcsinh', arcsinh),
  unary('Arccosh', arccosh),
  unary('Arctanh', arctanh),
  { className: 'Arctan2', parameters: ['x1', 'x2'], apply: arctan2 },
  unary('Sinc', sinc),
  unary('Deg2rad', (x) => mul(x, Math.PI / 180)),
  unary('Rad2deg', (x) => mul(x, 180 / Math.PI)),
  unary('Erfc', (x) => sub(1, erf(x))),
  unary('Erfinv', erfinv),
  unary('I0', bessel),
  // Numbers here are real.
  unary('Angle', (x) => where(greater(0, x), add(mul(x, 0), Math.PI), 0)),
];
