import { SurgeryError } from '../errors';
import { add } from './binary';
import type { GraphNode, Value } from './graph';
import { showType } from './typeRules';

/**
 * Writes d(loss)/d(value) for each value of `wrt`, by reverse mode; undefined where the loss does not depend on it. Only
 * nodes on a path from `wrt` to the loss are differentiated. Throws `shape-mismatch` unless the loss is one float32 number.
 */
export function gradients(loss: Value, wrt: readonly Value[]): (Value | undefined)[] {
  if (loss.dtype !== 'float32' || loss.shape.length !== 0) {
    throw new SurgeryError('shape-mismatch', 'Only one number can be differentiated.', {
      expected: 'a float32 loss without axes',
      received: showType(loss),
    });
  }
  return pullBack([{ value: loss, gradient: loss.graph.scalar(1) }], wrt);
}

/** A value and d(something)/d(value). */
export interface Seed {
  readonly value: Value;
  readonly gradient: Value;
}

/** Writes d(something)/d(value) for each value of `wrt`, given it for values of the same graph that depend on them. */
export function pullBack(seeds: readonly Seed[], wrt: readonly Value[]): (Value | undefined)[] {
  const nodes = [...(seeds.at(0)?.value.graph.nodes ?? [])];
  const dependent = dependentValues(nodes, wrt);
  const upstream = new Map<number, Value>();
  for (const { value, gradient } of seeds) {
    const known = upstream.get(value.id);
    if (dependent.has(value.id)) upstream.set(value.id, known ? add(known, gradient) : gradient);
  }
  for (const node of nodes.reverse()) passBack(node, dependent, upstream);
  return wrt.map((value) => upstream.get(value.id));
}

/** Ids of the floats that depend on `wrt`, themselves included. */
function dependentValues(nodes: readonly GraphNode[], wrt: readonly Value[]): Set<number> {
  const dependent = new Set(wrt.filter(({ dtype }) => dtype === 'float32').map(({ id }) => id));
  for (const { op, inputs, outputs } of nodes) {
    if (op.differentiable === false || !inputs.some(({ id }) => dependent.has(id))) continue;
    for (const output of outputs) if (output.dtype === 'float32') dependent.add(output.id);
  }
  return dependent;
}

/** Adds what a node's outputs have received to its inputs. Nodes come in reverse, so that the outputs are complete. */
function passBack(node: GraphNode, dependent: ReadonlySet<number>, upstream: Map<number, Value>): void {
  const received = node.outputs.map(({ id }) => upstream.get(id));
  const wanted = node.inputs.map(({ id }) => dependent.has(id));
  if (!received.some(Boolean) || !wanted.some(Boolean) || node.op.differentiable === false) return;
  node.op.gradient(node, received, wanted).forEach((gradient, i) => {
    if (!gradient || !wanted[i]) return;
    const { id } = node.inputs[i];
    const known = upstream.get(id);
    upstream.set(id, known ? add(known, gradient) : gradient);
  });
}
