import type { TensorType, GraphNode, Value } from './graph';
import type { OpName } from './registry';

/** A concrete tensor of the reference implementation. Integers and truth values (0, 1) are held as float64 too. */
export interface NumericTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/**
 * A primitive operation: shape rule, gradient, reference. `A` is its attributes, plain data. Axes and sizes in attributes
 * are those of Keras (channels last); sizes may be batch multiples, see `shape.ts`.
 */
export interface OpDefinition<A extends object = object> {
  readonly name: OpName;
  /** False where no gradient ever passes: the outputs are no floats, or constant almost everywhere. */
  readonly differentiable?: false;
  /** Types of the outputs. Throws SurgeryError `shape-mismatch`. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /**
   * Writes the gradient: given d(loss)/d(output) of each output (undefined where nothing depends on it), gives
   * d(loss)/d(input) of each input, undefined where there is none (integers, conditions) or where `wanted[i]` is false.
   */
  gradient(node: GraphNode<A>, upstream: readonly (Value | undefined)[], wanted: readonly boolean[]): readonly (Value | undefined)[];
  /** The same node without what only unused outputs need; called when a graph is finished. `used` is by output. */
  narrow?(node: GraphNode<A>, used: readonly boolean[]): Pick<GraphNode<A>, 'inputs' | 'attributes' | 'outputs'>;
  /** The definition of what it computes, in float64. */
  reference(inputs: readonly NumericTensor[], attributes: A, batch: number): readonly NumericTensor[];
}
