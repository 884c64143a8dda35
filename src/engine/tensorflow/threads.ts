import { sizeOf } from '../../core/model/tensor';
import type { Program, ProgramNode } from '../../core/ops/program';
import { resolveShape } from '../../core/ops/shape';

/** Multiplications in the largest operation of a step from which a second thread gains more than waking it costs. */
const HEAVY_OPERATION = 2e7;
const TYPICAL_BATCH = 32;

/** Threads within one operation: one for small programs, else all of the machine but one, which is the editor's. */
export function threadsFor(program: Program, processors: number): number {
  const heavy = program.nodes.some((node) => multiplications(program, node) > HEAVY_OPERATION);
  return heavy ? Math.max(1, processors - 1) : 1;
}

/** Of a product or convolution with a typical batch: every number of its largest tensor meets every one of a kernel's filter. */
function multiplications({ values }: Program, { op, inputs, outputs }: ProgramNode): number {
  const shapes = [...inputs, ...outputs].map((value) => resolveShape(values[value].shape, TYPICAL_BATCH));
  if (op === 'matmul') return Math.sqrt(shapes.reduce((product, shape) => product * sizeOf(shape), 1));
  if (op !== 'conv' && op !== 'convInputGrad' && op !== 'convFilterGrad') return 0;
  // Of [image, kernel, image] in some order: one number of the smaller image for each element of the kernel's filter.
  const [first, second] = shapes.filter(({ length }) => length > 2).map((shape) => sizeOf(shape)).sort((a, b) => b - a);
  return Math.sqrt(first * second * sizeOf(shapes[1]));
}
