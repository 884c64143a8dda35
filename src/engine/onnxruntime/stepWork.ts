import type { Program, ProgramNode } from '../../core/ops/program';
import type { ScanAttributes } from '../../core/ops/scanOp';
import { resolveShape } from '../../core/ops/shape';
import { sizeOf } from '../../core/model/tensor';

/** The batch size that most training is done with. */
const TYPICAL_BATCH = 32;

/** Multiplications of the products and convolutions in one step of 32 samples: how heavy a program is. */
export function stepWork(program: Program): number {
  return program.nodes.reduce((work, node) => work + nodeWork(program, node), 0);
}

function nodeWork({ values }: Program, { op, inputs, outputs, attributes }: ProgramNode): number {
  if (op === 'scan') return loopWork(attributes as ScanAttributes);
  const shapeOf = (value: number): number[] => resolveShape(values[value].shape, TYPICAL_BATCH);
  const size = (value: number): number => sizeOf(shapeOf(value));
  const [a, b] = inputs;
  const [out] = outputs;
  // Of the sizes of a product [m, k], [k, n], [m, n] and of the three tensors of a convolution alike.
  if (op === 'matmul') return Math.sqrt(size(a) * size(b) * size(out));
  if (op === 'conv') return (size(out) * size(b)) / (shapeOf(b).at(-1) ?? 1);
  if (op === 'convInputGrad') return (size(a) * size(b)) / (shapeOf(b).at(-1) ?? 1);
  if (op === 'convFilterGrad') return (size(b) * size(out)) / (shapeOf(out).at(-1) ?? 1);
  return 0;
}

function loopWork({ body, steps }: ScanAttributes): number {
  return steps * stepWork(body);
}
