import type { Tensor } from '../model/tensor';
import type { TensorType } from './graph';
import type { OpName } from './registry';

/** One operation of a finished program; values are named by their index in `values`. */
export interface ProgramNode {
  readonly op: OpName;
  readonly inputs: readonly number[];
  readonly attributes: object;
  readonly outputs: readonly number[];
}

/**
 * A finished program, plain data: what an engine compiles. It may serve any batch size (see `shape.ts`). A step takes
 * `inputs`, reads `states`, gives `outputs`, and leaves `next` in each state. Nodes stand in an order of execution.
 */
export interface Program {
  readonly values: readonly TensorType[];
  readonly nodes: readonly ProgramNode[];
  readonly inputs: readonly { readonly name: string; readonly value: number }[];
  readonly constants: readonly { readonly value: number; readonly tensor: Tensor }[];
  /** `next` equals `value` where the step only reads the state. */
  readonly states: readonly { readonly name: string; readonly value: number; readonly next: number }[];
  readonly outputs: readonly { readonly name: string; readonly value: number }[];
}

/** How often nodes, states and outputs of a program read each value. */
export function countUses({ nodes, states, outputs }: Program): ReadonlyMap<number, number> {
  const uses = new Map<number, number>();
  const read = [...nodes.flatMap(({ inputs }) => inputs), ...states.map(({ next }) => next), ...outputs.map(({ value }) => value)];
  for (const value of read) uses.set(value, (uses.get(value) ?? 0) + 1);
  return uses;
}
