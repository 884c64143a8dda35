import { greater, greaterEqual } from './compare';
import type { OpDefinition } from './definition';
import { mapPairs } from './elementwise';
import type { Value } from './graph';
import { type Operand, operandPair } from './operand';
import type { OpName } from './registry';
import { broadcastShapes } from './shape';
import { expectDType, expectOneDType } from './typeRules';
import { log, neg } from './unary';
import { unbroadcast } from './unbroadcast';
import { where } from './where';

interface BinaryRule {
  readonly value: (a: number, b: number) => number;
  /** d(loss)/da and d(loss)/db before the sum over broadcast axes. */
  slopeA(dy: Value, a: Value, b: Value, y: Value): Value;
  slopeB(dy: Value, a: Value, b: Value, y: Value): Value;
  /** Division and powers of whole numbers are not defined here. */
  readonly floatOnly?: true;
}

function binary(name: OpName, rule: BinaryRule): OpDefinition {
  return {
    name,
    infer(inputs) {
      expectOneDType(name, inputs);
      if (rule.floatOnly) expectDType(name, inputs, 'float32');
      else expectDType(name, inputs, 'float32', 'int32');
      return [{ shape: broadcastShapes(inputs[0].shape, inputs[1].shape), dtype: inputs[0].dtype }];
    },
    gradient({ inputs: [a, b], outputs: [y] }, [dy], [wantedA, wantedB]) {
      if (!dy) return [undefined, undefined];
      return [
        wantedA ? unbroadcast(rule.slopeA(dy, a, b, y), a.shape) : undefined,
        wantedB ? unbroadcast(rule.slopeB(dy, a, b, y), b.shape) : undefined,
      ];
    },
    reference: ([a, b]) => [mapPairs(a, b, rule.value)],
  };
}

/** d/db a^b = a^b log a; 0 where the base is not positive, as in TensorFlow. */
function powExponentSlope(dy: Value, a: Value, _b: Value, y: Value): Value {
  const positive = greater(a, 0);
  return mul(dy, mul(y, where(positive, log(where(positive, a, 1)), 0)));
}

/** At ties the first operand takes the whole gradient, as in TensorFlow. */
export const binaryOps = {
  add: binary('add', { value: (a, b) => a + b, slopeA: (dy) => dy, slopeB: (dy) => dy }),
  sub: binary('sub', { value: (a, b) => a - b, slopeA: (dy) => dy, slopeB: (dy) => neg(dy) }),
  mul: binary('mul', { value: (a, b) => a * b, slopeA: (dy, _a, b) => mul(dy, b), slopeB: (dy, a) => mul(dy, a) }),
  div: binary('div', {
    value: (a, b) => a / b,
    slopeA: (dy, _a, b) => div(dy, b),
    slopeB: (dy, _a, b, y) => neg(div(mul(dy, y), b)),
    floatOnly: true,
  }),
  pow: binary('pow', {
    value: (a, b) => a ** b,
    slopeA: (dy, a, b) => mul(dy, mul(b, pow(a, sub(b, 1)))),
    slopeB: powExponentSlope,
    floatOnly: true,
  }),
  maximum: binary('maximum', {
    value: (a, b) => Math.max(a, b),
    slopeA: (dy, a, b) => where(greaterEqual(a, b), dy, 0),
    slopeB: (dy, a, b) => where(greaterEqual(a, b), 0, dy),
  }),
  minimum: binary('minimum', {
    value: (a, b) => Math.min(a, b),
    slopeA: (dy, a, b) => where(greaterEqual(b, a), dy, 0),
    slopeB: (dy, a, b) => where(greaterEqual(b, a), 0, dy),
  }),
};

function apply(op: OpDefinition, a: Operand, b: Operand): Value {
  const pair = operandPair(a, b);
  return pair[0].graph.add(op, pair, {})[0];
}

/** Each of these broadcasts as NumPy does; one operand may be a plain number. */
export const add = (a: Operand, b: Operand): Value => apply(binaryOps.add, a, b);
export const sub = (a: Operand, b: Operand): Value => apply(binaryOps.sub, a, b);
export const mul = (a: Operand, b: Operand): Value => apply(binaryOps.mul, a, b);
export const div = (a: Operand, b: Operand): Value => apply(binaryOps.div, a, b);
export const pow = (a: Operand, b: Operand): Value => apply(binaryOps.pow, a, b);
export const maximum = (a: Operand, b: Operand): Value => apply(binaryOps.maximum, a, b);
export const minimum = (a: Operand, b: Operand): Value => apply(binaryOps.minimum, a, b);
