import { cast } from '../../ops/cast';
import { equal, greater, greaterEqual, logicalAnd } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { where } from '../../ops/where';
import { either, not } from '../masks';
import type { KerasOperation } from './operation';
import type { Operand } from './operationCall';

function comparison(className: string, compare: (a: Operand, b: Operand) => Value): KerasOperation {
  return { className, parameters: ['x1', 'x2'], apply: (call) => compare(...call.pair('x1', 'x2')) };
}

function logical(className: string, combine: (a: Value, b: Value) => Value): KerasOperation {
  return { className, parameters: ['x1', 'x2'], apply: (call) => combine(cast(call.tensor('x1'), 'bool'), cast(call.tensor('x2'), 'bool')) };
}

export const comparisonOperations: readonly KerasOperation[] = [
  comparison('Greater', greater),
  comparison('GreaterEqual', greaterEqual),
  comparison('Less', (a, b) => greater(b, a)),
  comparison('LessEqual', (a, b) => greaterEqual(b, a)),
  comparison('Equal', equal),
  comparison('NotEqual', (a, b) => not(equal(a, b))),
  logical('LogicalAnd', logicalAnd),
  logical('LogicalOr', either),
  logical('LogicalXor', (a, b) => not(equal(cast(a, 'int32'), cast(b, 'int32')))),
  { className: 'LogicalNot', parameters: ['x'], apply: (call) => not(cast(call.tensor('x'), 'bool')) },
  {
    className: 'Where',
    parameters: ['condition', 'x1', 'x2'],
    apply: (call) => {
      if (!call.has('x1') || !call.has('x2')) throw call.refuse('a condition alone', 'one argument');
      return where(cast(call.tensor('condition'), 'bool'), ...call.branches('x1', 'x2'));
    },
  },
];
