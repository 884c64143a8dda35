import { binaryOps } from './binary';
import { broadcastTo } from './broadcastTo';
import { castOps } from './cast';
import { compareOps } from './compare';
import type { ConcatAttributes } from './concat';
import type { GraphNode, Value } from './graph';
import type { MatmulAttributes } from './matmul';
import type { PadAttributes } from './pad';
import type { ReduceAttributes } from './reduce';
import type { OpName } from './registry';
import { reshape } from './reshape';
import { multiplyDims, type Shape } from './shape';
import type { TransposeAttributes } from './transpose';
import { unaryOps } from './unary';
import { whereOps } from './where';

/** A value of a loop's body outside of the loop: of all steps, [steps, ...], or the same in each. */
export interface Stepped {
  readonly value: Value;
  readonly stepped: boolean;
}

/** Writes one node of a body for all steps at once. `inputs` are aligned with the node's. */
type StepsRule = (node: GraphNode, inputs: readonly Stepped[], steps: number) => readonly Value[];

const elementwise = new Set<string>([...Object.keys(unaryOps), ...Object.keys(binaryOps), ...Object.keys(compareOps), ...Object.keys(whereOps), ...Object.keys(castOps)]);

/** Axes of size 1 after the steps, so that a stepped value broadcasts as its entries do. */
export function raised({ value, stepped }: Stepped, entryRank: number): Value {
  const missing = entryRank - (value.shape.length - 1);
  if (!stepped || missing <= 0) return value;
  return reshape(value, [value.shape[0], ...new Array<number>(missing).fill(1), ...value.shape.slice(1)]);
}

/** The same attributes with what counts axes from the front moved by one. */
type Moved = (node: GraphNode, steps: number) => object;

const movedAxis: Moved = ({ attributes }) => ({ ...attributes, axis: (attributes as ConcatAttributes).axis + 1 });

function single(attributes: Moved): StepsRule {
  return (node, [{ value }], steps) => value.graph.add(node.op, [value], attributes(node, steps));
}

const broadcasting: StepsRule = (node, inputs) => {
  const rank = Math.max(...node.inputs.map(({ shape }) => shape.length));
  return inputs[0].value.graph.add(node.op, inputs.map((input) => raised(input, rank)), node.attributes);
};

/** Entries of fixed matrices by one matrix: one product of all their rows. */
const product: StepsRule = (node, inputs, steps) => {
  const [a, b] = inputs;
  const { transposeA } = node.attributes as MatmulAttributes;
  const plain = node.inputs.every(({ shape }) => shape.length === 2) && a.stepped && !b.stepped && !transposeA;
  if (!plain) return broadcasting(node, inputs, steps);
  const rows = asRows(a.value, 2);
  const [result] = rows.graph.add(node.op, [rows, b.value], node.attributes);
  return [reshape(result, [steps, ...node.outputs[0].shape])];
};

const rules: Readonly<Partial<Record<OpName, StepsRule>>> = {
  matmul: product,
  reshape: single(({ outputs: [y] }, steps) => ({ shape: [steps, ...y.shape] })),
  broadcastTo: (node, [x], steps) => [broadcastTo(raised(x, node.outputs[0].shape.length), [steps, ...node.outputs[0].shape])],
  transpose: single(({ attributes }) => ({ permutation: [0, ...(attributes as TransposeAttributes).permutation.map((axis) => axis + 1)] })),
  concat: (node, inputs, steps) => {
    const whole = inputs.map(({ value, stepped }, i) => (stepped ? value : broadcastTo(value, [steps, ...node.inputs[i].shape])));
    return whole[0].graph.add(node.op, whole, movedAxis(node, steps));
  },
  split: single(movedAxis),
  slice: single(movedAxis),
  softmax: single(movedAxis),
  logSoftmax: single(movedAxis),
  pad: single(({ attributes }) => ({ ...attributes, padding: [[0, 0], ...(attributes as PadAttributes).padding] })),
  sum: single(movedAxes),
  mean: single(movedAxes),
  max: single(movedAxes),
};

function movedAxes({ attributes }: GraphNode): ReduceAttributes {
  const { axes, keepDims } = attributes as ReduceAttributes;
  return { axes: axes.map((axis) => axis + 1), keepDims };
}

/** Whether a node can be computed for all steps at once. */
export function hasStepsRule({ op: { name } }: GraphNode): boolean {
  return elementwise.has(name) || rules[name] !== undefined;
}

/** A node of a body outside of the loop, for all steps at once; undefined where it cannot be. */
export function forAllSteps(node: GraphNode, inputs: readonly Stepped[], steps: number): readonly Stepped[] | undefined {
  if (inputs.length > 0 && inputs.every(({ stepped }) => !stepped)) {
    return inputs[0].value.graph.add(node.op, inputs.map(({ value }) => value), node.attributes).map((value) => ({ value, stepped: false }));
  }
  const rule = elementwise.has(node.op.name) ? broadcasting : rules[node.op.name];
  return rule?.(node, inputs, steps).map((value) => ({ value, stepped: true }));
}

/** [...leading, ...] with the first `count` axes as one: rows of all steps. */
export function asRows(x: Value, count: number): Value {
  const rows = x.shape.slice(0, count).reduce(multiplyDims, 1);
  return reshape(x, [rows, ...x.shape.slice(count)] as Shape);
}
