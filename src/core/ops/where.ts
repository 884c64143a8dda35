import type { NumericTensor, OpDefinition } from './definition';
import type { Value } from './graph';
import { type Operand, operandPair } from './operand';
import { broadcastShapes } from './shape';
import { broadcastWalk, elementCount, forEachRow, wholeWalk } from './strides';
import { expectDType, expectOneDType } from './typeRules';
import { unbroadcast } from './unbroadcast';

function choose(condition: NumericTensor, a: NumericTensor, b: NumericTensor): NumericTensor {
  const shape = broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape));
  const data = new Float64Array(elementCount(shape));
  const walks = [...[condition, a, b].map((tensor) => broadcastWalk(tensor.shape, shape)), wholeWalk(shape)];
  forEachRow(shape, walks, ([atC, atA, atB, at], length, [stepC, stepA, stepB, step]) => {
    for (let i = 0; i < length; i++) {
      const holds = condition.data[atC + i * stepC] !== 0;
      data[at + i * step] = holds ? a.data[atA + i * stepA] : b.data[atB + i * stepB];
    }
  });
  return { shape, data };
}

export const whereOps: { where: OpDefinition } = {
  where: {
    name: 'where',
    infer([condition, a, b]) {
      expectDType('where', [condition], 'bool');
      expectOneDType('where', [a, b]);
      return [{ shape: broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape)), dtype: a.dtype }];
    },
    gradient({ inputs: [condition, a, b] }, [dy], [, wantedA, wantedB]) {
      return [
        undefined,
        dy && wantedA ? unbroadcast(where(condition, dy, 0), a.shape) : undefined,
        dy && wantedB ? unbroadcast(where(condition, 0, dy), b.shape) : undefined,
      ];
    },
    reference: ([condition, a, b]) => [choose(condition, a, b)],
  },
};

/** `a` where the bool `condition` holds, else `b`; all three broadcast. A number stands for a constant without axes. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const bothNumbers = typeof a === 'number' && typeof b === 'number';
  const branches = operandPair(bothNumbers ? condition.graph.scalar(a) : a, b);
  return condition.graph.add(whereOps.where, [condition, ...branches], {})[0];
}
