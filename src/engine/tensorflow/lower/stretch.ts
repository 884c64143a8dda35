import type { Shape } from '../../../core/ops/shape';
import type { Name } from '../graphWriter';
import type { Lowering } from '../lowering';
import type { Window } from './window';

/** Sizes of a kernel with the zeros between its elements that its dilation stands for. */
export function stretchedSizes({ size, dilation }: Window): readonly number[] {
  return size.map((width, i) => (width - 1) * dilation[i] + 1);
}

/** A kernel with those zeros written: TensorFlow's gradients of convolutions know no dilation on a processor. */
export function stretched(kernel: Name, kernelShape: Shape, { dilation, lowering }: { dilation: readonly number[]; lowering: Lowering }): Name {
  const { writer } = lowering;
  let [name, shape] = [kernel, kernelShape];
  dilation.forEach((step, axis) => {
    if (step === 1 || shape[axis] === 1) return;
    const columns = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
    const pairs = Int32Array.from(columns.flatMap((_, own) => [0, own === axis + 1 ? step - 1 : 0]));
    const filled = writer.op('PadV2', [lowering.reshape(name, columns), writer.constant('int32', [columns.length, 2], pairs), writer.float(0)]);
    const long = shape.map((dim, own) => (own === axis ? dim * step : dim));
    shape = shape.map((dim, own) => (own === axis ? (dim - 1) * step + 1 : dim));
    name = lowering.cut(lowering.reshape(filled, long), axis, { start: 0, end: shape[axis] });
  });
  return name;
}

/** The elements of a stretched kernel's gradient that belong to the kernel. */
export function unstretched(gradient: Name, dilation: readonly number[], { writer }: Lowering): Name {
  if (dilation.every((step) => step === 1)) return gradient;
  const zeros = writer.ints(...dilation.map(() => 0), 0, 0);
  const all = 2 ** (dilation.length + 2) - 1;
  return writer.op('StridedSlice', [gradient, zeros, zeros, writer.ints(...dilation, 1, 1)], { begin_mask: all, end_mask: all });
}
