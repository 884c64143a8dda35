import type { Tensor } from '../model/tensor';
import type { OpDefinition } from './definition';
import type { Graph, Value } from './graph';
import type { Program } from './program';
import type { OpName } from './registry';

/** Finds the definition of an operation. */
export type Lookup = (name: OpName) => OpDefinition;

/** Writes a program's nodes into a graph, with these values for its inputs. Gives each of its values by its number there. */
export function replay(program: Program, inputs: readonly Value[], { graph, lookup }: { graph: Graph; lookup: Lookup }): ReadonlyMap<number, Value> {
  const values = new Map(program.inputs.map(({ value }, i) => [value, inputs[i]]));
  for (const { value, tensor } of program.constants) values.set(value, constantOf(graph, tensor));
  for (const { op, inputs: read, attributes, outputs } of program.nodes) {
    const written = graph.add(lookup(op), read.map((id) => values.get(id) as Value), attributes);
    outputs.forEach((id, i) => values.set(id, written[i]));
  }
  return values;
}

/** Numbers without axes are shared with those that are there. */
export function constantOf(graph: Graph, tensor: Tensor): Value {
  const plain = tensor.shape.length === 0 && tensor.dtype !== 'bool';
  return plain ? graph.scalar(tensor.data[0], tensor.dtype) : graph.constant(tensor);
}
