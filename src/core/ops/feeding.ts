import { SurgeryError } from '../errors';
import { sizeOf, type Tensor } from '../model/tensor';
import type { Tensors } from '../ports';
import type { TensorType } from './graph';
import type { Program } from './program';
import { resolveShape, showShape } from './shape';
import { showType } from './typeRules';

/** Throws `shape-mismatch` unless the tensor is of this type for this batch size, with as many numbers as its shape says. */
export function expectTensor(where: string, tensor: Tensor, type: TensorType, batch: number): void {
  const expected = `${type.dtype} ${showShape(resolveShape(type.shape, batch))}`;
  const received = `${tensor.dtype} ${showShape(tensor.shape)}`;
  if (expected === received && tensor.data.length === sizeOf(tensor.shape)) return;
  throw new SurgeryError('shape-mismatch', 'A tensor is not of the type that the program declares.', {
    expected,
    received: `${received} with ${tensor.data.length} numbers`,
    where,
  });
}

/**
 * The batch size that the fed tensors show; 1 where no input has a batch axis. Throws `engine-failed` where an input is
 * missing or unknown, `shape-mismatch` where shapes contradict the program or one another.
 */
export function readBatch(program: Program, step: Tensors): number {
  const names = new Set(program.inputs.map(({ name }) => name));
  const unknown = Object.keys(step).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new SurgeryError('engine-failed', 'The program has no such input.', { expected: [...names].join(', '), received: unknown });
  }
  let batch: number | undefined;
  for (const { name, value } of program.inputs) {
    const tensor = step[name] as Tensor | undefined;
    if (!tensor) throw new SurgeryError('engine-failed', 'An input of the program was not fed.', { expected: name, where: name });
    batch ??= batchOf(name, tensor, program.values[value]);
  }
  for (const { name, value } of program.inputs) expectTensor(name, step[name], program.values[value], batch ?? 1);
  return batch ?? 1;
}

/** The batch size that one tensor shows; none where its type has no batch axis. A fraction would pass as a size further on. */
function batchOf(where: string, { shape }: Tensor, type: TensorType): number | undefined {
  const axis = type.shape.findIndex((dim) => dim < 0);
  if (axis < 0 || axis >= shape.length) return undefined;
  const multiple = -type.shape[axis];
  if (shape[axis] % multiple === 0) return shape[axis] / multiple;
  throw new SurgeryError('shape-mismatch', 'A tensor does not hold whole batches.', {
    expected: `a multiple of ${multiple} on axis ${axis}`,
    received: showShape(shape),
    where,
  });
}

/** Throws `engine-failed` unless each state keeps one type of fixed shape: engines hold them in place from step to step. */
export function expectFixedStates({ states, values }: Program): void {
  for (const { name, value, next } of states) {
    const [type, later] = [showType(values[value]), showType(values[next])];
    const fixed = values[value].shape.every((dim) => dim >= 0);
    if (fixed && type === later) continue;
    throw new SurgeryError('engine-failed', 'A state must keep one type of fixed shape.', {
      expected: type,
      received: later,
      where: name,
    });
  }
}
