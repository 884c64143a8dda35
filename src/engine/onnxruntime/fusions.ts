import type { ConvAttributes } from '../../core/ops/conv';
import type { MatmulAttributes } from '../../core/ops/matmul';
import type { ProgramNode } from '../../core/ops/program';
import type { OpName } from '../../core/ops/registry';
import { sameShape } from '../../core/ops/shape';
import { convolve } from './lower/conv';
import { cheapestLayout } from './lower/elementwise';
import { isMatrixProduct, multiply, subtractProduct } from './lower/matmul';
import { subtractRows } from './lower/rows';
import type { Lowering, LoweringNode, Written } from './lowering';

/** One ONNX operator for a node and those that only it reads. */
export interface Fusion {
  /** The operation that names it in complaints. */
  readonly op: OpName;
  write(lowering: Lowering): Written;
}

interface Found extends Fusion {
  readonly absorbed: readonly ProgramNode[];
}

/** What is written as one operator: by the last node of each group, and the nodes that are written with it. */
export function findFusions(lowering: Lowering): { fusions: ReadonlyMap<ProgramNode, Fusion>; absorbed: ReadonlySet<ProgramNode> } {
  const fusions = new Map<ProgramNode, Fusion>();
  const absorbed = new Set<ProgramNode>();
  for (const node of lowering.program.nodes) {
    const found = withBias(node, lowering) ?? update(node, lowering) ?? twiceMasked(node, lowering);
    if (!found || found.absorbed.some((one) => absorbed.has(one))) continue;
    fusions.set(node, found);
    for (const one of found.absorbed) absorbed.add(one);
  }
  return { fusions, absorbed };
}

/** The node that makes a value which nobody else reads, if it is this operation. */
function soleProducer(value: number, op: OpName, lowering: Lowering): ProgramNode | undefined {
  const producer = lowering.producer(value);
  return producer?.op === op && lowering.useCount(value) === 1 ? producer : undefined;
}

function soleProduct(value: number, lowering: Lowering): LoweringNode<MatmulAttributes> & ProgramNode | undefined {
  const producer = soleProducer(value, 'matmul', lowering);
  return producer && isMatrixProduct(producer.inputs, lowering) ? (producer as LoweringNode<MatmulAttributes> & ProgramNode) : undefined;
}

/** A product or convolution plus one number per column or filter; a product plus a whole matrix (what a recurrent step adds). */
function withBias({ op, inputs }: ProgramNode, lowering: Lowering): Found | undefined {
  if (op !== 'add') return undefined;
  for (const [value, bias] of [inputs, [...inputs].reverse()]) {
    const shape = lowering.shape(bias);
    const whole = sameShape(shape, lowering.shape(value)) ? soleProduct(value, lowering) : undefined;
    if (whole) return { op: 'matmul', absorbed: [whole], write: () => ({ name: multiply(whole, lowering, lowering.last(bias)), layout: 'last' }) };
    if (shape.length !== 1 || shape[0] < 0 || shape[0] !== lowering.shape(value).at(-1)) continue;
    const product = soleProduct(value, lowering);
    if (product) return { op: 'matmul', absorbed: [product], write: () => ({ name: multiply(product, lowering, lowering.last(bias)), layout: 'last' }) };
    const conv = soleProducer(value, 'conv', lowering) as (LoweringNode<ConvAttributes> & ProgramNode) | undefined;
    if (conv) return { op: 'conv', absorbed: [conv], write: () => ({ name: convolve(conv, lowering, lowering.last(bias)), layout: 'first' }) };
  }
  return undefined;
}

/** w - rate * (a b): the step of plain SGD on a kernel, where the gradient serves nothing else; on a table, row by row. */
function update({ op, inputs: [from, step] }: ProgramNode, lowering: Lowering): Found | undefined {
  if (op !== 'sub') return undefined;
  const scaling = soleProducer(step, 'mul', lowering);
  if (!scaling || !sameShape(lowering.shape(from), lowering.shape(step))) return undefined;
  for (const [value, scale] of [scaling.inputs, [...scaling.inputs].reverse()]) {
    if (lowering.shape(scale).length > 0) continue;
    const rows = soleProducer(value, 'scatterAddRows', lowering);
    if (rows) return { op: 'scatterAddRows', absorbed: [scaling, rows], write: () => ({ name: subtractRows(rows, lowering, { from, scale }), layout: 'last' }) };
    const product = soleProduct(value, lowering);
    if (product) {
      return { op: 'matmul', absorbed: [scaling, product], write: () => ({ name: subtractProduct(product, lowering, { from, scale }), layout: 'last' }) };
    }
  }
  return undefined;
}

/** where(a, where(b, 0, x), 0), as the gradient of what is flat on both sides: one selection, where selecting is what takes time. */
function twiceMasked({ op, inputs: [kept, masked, zero], outputs: [out] }: ProgramNode, lowering: Lowering): Found | undefined {
  const inner = op === 'where' && lowering.splat(zero) === 0 ? soleProducer(masked, 'where', lowering) : undefined;
  if (!inner) return undefined;
  const [dropped, nothing, x] = inner.inputs;
  const [shape, whole] = [lowering.shape(out), [kept, dropped, x]];
  if (lowering.splat(nothing) !== 0 || !whole.every((value) => sameShape(lowering.shape(value), shape))) return undefined;
  const write = (): Written => {
    const { writer } = lowering;
    const layout = cheapestLayout(whole, shape, lowering);
    const [a, b, selected] = whole.map((value) => lowering.form(value, layout));
    return { name: writer.op('Where', [writer.op('And', [a, writer.op('Not', [b])]), selected, writer.float(0)]), layout };
  };
  return { op: 'where', absorbed: [inner], write };
}
