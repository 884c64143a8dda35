import type { Tensor } from '../../../../src/core/model/tensor';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { interpret } from '../../../../src/engine/reference/interpreter';

/** What a function of constants gives, in float64. */
export function evaluate(inputs: readonly Tensor[], build: (...values: Value[]) => Value): NumericTensor {
  const graph = new Graph();
  const result = build(...inputs.map((tensor) => graph.constant(tensor)));
  graph.output('result', result);
  const feeds = new Map<number, NumericTensor>();
  graph.constants.forEach(({ shape, data }, id) => feeds.set(id, { shape, data: Float64Array.from(data) }));
  return interpret(graph.finish(), feeds, 1)(result.id);
}

export function floats(shape: readonly number[], numbers: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(numbers) };
}

export function integers(shape: readonly number[], numbers: readonly number[]): Tensor {
  return { dtype: 'int32', shape, data: Int32Array.from(numbers) };
}

export function truths(shape: readonly number[], numbers: readonly number[]): Tensor {
  return { dtype: 'bool', shape, data: Uint8Array.from(numbers) };
}
