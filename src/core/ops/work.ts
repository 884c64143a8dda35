import { sizeOf } from '../model/tensor';
import type { Program, ProgramNode } from './program';
import type { OpName } from './registry';
import type { ScanAttributes } from './scanOp';
import { resolveShape } from './shape';

/** The batch size that most training is done with. */
const TYPICAL_BATCH = 32;

type CountedOp = Extract<OpName, 'matmul' | 'conv' | 'convInputGrad' | 'convFilterGrad'>;
const counted: readonly CountedOp[] = ['matmul', 'conv', 'convInputGrad', 'convFilterGrad'];

/** Multiplications of the products and convolutions, or of some of them, in one step of 32 samples: how heavy a program is. */
export function stepWork(program: Program, ops: readonly CountedOp[] = counted): number {
  return program.nodes.reduce((work, node) => work + nodeWork(program, node, ops), 0);
}

/** The same for one sample. */
export function sampleWork(program: Program, ops: readonly CountedOp[]): number {
  return stepWork(program, ops) / TYPICAL_BATCH;
}

function nodeWork({ values }: Program, { op, inputs, outputs, attributes }: ProgramNode, ops: readonly CountedOp[]): number {
  if (op === 'scan') return loopWork(attributes as ScanAttributes, ops);
  if (!ops.some((one) => one === op)) return 0;
  const shapeOf = (value: number): number[] => resolveShape(values[value].shape, TYPICAL_BATCH);
  const size = (value: number): number => sizeOf(shapeOf(value));
  const [a, b] = inputs;
  const [out] = outputs;
  // Of the sizes of a product [m, k], [k, n], [m, n] and of the three tensors of a convolution alike.
  if (op === 'matmul') return Math.sqrt(size(a) * size(b) * size(out));
  if (op === 'conv') return (size(out) * size(b)) / (shapeOf(b).at(-1) ?? 1);
  if (op === 'convInputGrad') return (size(a) * size(b)) / (shapeOf(b).at(-1) ?? 1);
  return (size(b) * size(out)) / (shapeOf(out).at(-1) ?? 1);
}

function loopWork({ body, steps }: ScanAttributes, ops: readonly CountedOp[]): number {
  return steps * stepWork(body, ops);
}
