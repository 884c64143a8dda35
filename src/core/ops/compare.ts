import type { OpDefinition } from './definition';
import { mapPairs } from './elementwise';
import type { Value } from './graph';
import { noGradient } from './noGradient';
import { type Operand, operandPair } from './operand';
import type { ComputeDType } from '../model/tensor';
import type { OpName } from './registry';
import { broadcastShapes } from './shape';
import { expectDType, expectOneDType } from './typeRules';

function comparison(name: OpName, dtypes: readonly ComputeDType[], holds: (a: number, b: number) => boolean): OpDefinition {
  return {
    name,
    ...noGradient,
    infer(inputs) {
      expectOneDType(name, inputs);
      expectDType(name, inputs, ...dtypes);
      return [{ shape: broadcastShapes(inputs[0].shape, inputs[1].shape), dtype: 'bool' }];
    },
    reference: ([a, b]) => [mapPairs(a, b, (left, right) => (holds(left, right) ? 1 : 0))],
  };
}

export const compareOps = {
  greater: comparison('greater', ['float32', 'int32'], (a, b) => a > b),
  greaterEqual: comparison('greaterEqual', ['float32', 'int32'], (a, b) => a >= b),
  equal: comparison('equal', ['float32', 'int32'], (a, b) => a === b),
  logicalAnd: comparison('logicalAnd', ['bool'], (a, b) => a !== 0 && b !== 0),
};

function apply(op: OpDefinition, a: Operand, b: Operand): Value {
  const pair = operandPair(a, b);
  return pair[0].graph.add(op, pair, {})[0];
}

/** Comparisons broadcast as NumPy does and give bool; false where either side is NaN. */
export const greater = (a: Operand, b: Operand): Value => apply(compareOps.greater, a, b);
export const greaterEqual = (a: Operand, b: Operand): Value => apply(compareOps.greaterEqual, a, b);
export const equal = (a: Operand, b: Operand): Value => apply(compareOps.equal, a, b);
/** Of two bool tensors. */
export const logicalAnd = (a: Value, b: Value): Value => apply(compareOps.logicalAnd, a, b);
