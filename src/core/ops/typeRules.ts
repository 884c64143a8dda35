import type { ComputeDType } from '../model/tensor';
import { SurgeryError } from '../errors';
import type { TensorType } from './graph';
import type { OpName } from './registry';
import { showShape } from './shape';

/** The error of a shape rule that refuses what it was given. */
export function refusal(op: OpName, expected: string, received: string): SurgeryError {
  return new SurgeryError('shape-mismatch', `The operation ${op} cannot take this.`, { expected, received, where: op });
}

export function showType({ shape, dtype }: TensorType): string {
  return `${dtype} ${showShape(shape)}`;
}

export function showTypes(types: readonly TensorType[]): string {
  return types.map(showType).join(' and ') || 'nothing';
}

/** Throws `shape-mismatch` unless each input has one of these dtypes. */
export function expectDType(op: OpName, inputs: readonly TensorType[], ...dtypes: readonly ComputeDType[]): void {
  for (const input of inputs) {
    if (!dtypes.includes(input.dtype)) throw refusal(op, dtypes.join(' or '), showType(input));
  }
}

/** Throws `shape-mismatch` unless all inputs have the same dtype. */
export function expectOneDType(op: OpName, inputs: readonly TensorType[]): void {
  if (inputs.some(({ dtype }) => dtype !== inputs[0].dtype)) throw refusal(op, 'tensors of one dtype', showTypes(inputs));
}

/** Throws `shape-mismatch` unless all are whole numbers of at least `least`. */
export function expectWhole(op: OpName, what: string, numbers: readonly number[], least: number): void {
  if (numbers.every((number) => Number.isSafeInteger(number) && number >= least)) return;
  throw refusal(op, `${what}: whole numbers of at least ${least}`, numbers.join(', '));
}
