import type { Value } from './graph';

/** An operand of an elementwise operation; a plain number stands for a constant without axes. */
export type Operand = Value | number;

/** Both operands as values; a number takes the dtype of its partner. Throws where neither is a value: nothing names a graph. */
export function operandPair(a: Operand, b: Operand): [Value, Value] {
  if (typeof a !== 'number') return [a, typeof b === 'number' ? constantLike(a, b) : b];
  if (typeof b !== 'number') return [constantLike(b, a), b];
  throw new Error('one of two operands must be a value');
}

function constantLike(partner: Value, number: number): Value {
  return partner.graph.scalar(number, partner.dtype === 'int32' ? 'int32' : 'float32');
}
