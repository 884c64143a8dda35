import { SurgeryError } from '../../core/errors';
import type { NumericTensor } from '../../core/ops/definition';
import { operations } from '../../core/ops/operations';
import type { Program } from '../../core/ops/program';
import { resolveShape, showShape } from '../../core/ops/shape';
import type { TensorType } from '../../core/ops/graph';

/** What is known before a step, by value: inputs, constants and states. */
export type Feeds = ReadonlyMap<number, NumericTensor>;

/**
 * Computes every node in float64, one after the other. Gives a lookup by value. Throws `internal` where an operation's
 * reference contradicts its shape rule.
 */
export function interpret(program: Program, feeds: Feeds, batch: number): (value: number) => NumericTensor {
  const known = new Map(feeds);
  const lookup = (value: number): NumericTensor => {
    const tensor = known.get(value);
    if (!tensor) throw new SurgeryError('internal', `Value ${value} is used before it is computed.`);
    return tensor;
  };
  for (const { op, inputs, attributes, outputs } of program.nodes) {
    const results = operations[op].reference(inputs.map(lookup), attributes, batch);
    outputs.forEach((value, i) => {
      expectShape(op, results[i], program.values[value], batch);
      known.set(value, results[i]);
    });
  }
  return lookup;
}

function expectShape(op: string, result: NumericTensor, { shape }: TensorType, batch: number): void {
  const promised = showShape(resolveShape(shape, batch));
  const received = showShape(result.shape);
  if (promised === received) return;
  throw new SurgeryError('internal', `The reference of ${op} contradicts its shape rule.`, { expected: promised, received, where: op });
}
