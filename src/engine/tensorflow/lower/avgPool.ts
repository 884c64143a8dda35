import type { AvgPoolGradAttributes, PoolAttributes } from '../../../core/ops/pool';
import type { Name } from '../graphWriter';
import type { Lower, Lowering } from '../lowering';
import { planPool, type PoolPlan } from './poolPlan';
import { padded, planar, spatialOf, unpadded, unplanar, type Window } from './window';

/** TensorFlow's own padding is not counted; what is padded before is, and is corrected. */
export const avgPool: Lower<PoolAttributes> = ({ inputs: [x], outputs: [y], attributes }, lowering) => {
  const plan = planPool(lowering.shape(x), attributes);
  const image = padded(planar(x, lowering), plan.outside, { filler: 0, lowering });
  const mean = lowering.writer.op(isSolid(plan) ? 'AvgPool3D' : 'AvgPool', [image], plan.attributes);
  return [unplanar(counted(mean, plan, lowering), lowering.shape(y), lowering)];
};

export const avgPoolGrad: Lower<AvgPoolGradAttributes> = ({ inputs: [dy], attributes }, lowering) => {
  const plan = planPool(attributes.inputShape, attributes);
  const { input, outside } = plan;
  const sizes = spatialOf(input).map((size, i) => size + outside[i][0] + outside[i][1]);
  const shape = lowering.dims([input[0], ...sizes, input[input.length - 1]]);
  const op = isSolid(plan) ? 'AvgPool3DGrad' : 'AvgPoolGrad';
  const whole = lowering.writer.op(op, [shape, counted(planar(dy, lowering), plan, lowering)], plan.attributes);
  return [unplanar(unpadded(whole, outside, { sizes: spatialOf(input), lowering }), attributes.inputShape, lowering)];
};

function isSolid({ window }: PoolPlan): boolean {
  return window.size.length === 3;
}

/** Times the size of the window over how many of its elements lie inside the tensor, place by place. */
function counted(name: Name, { window, input, outside }: PoolPlan, { writer }: Lowering): Name {
  if (outside.flat().every((count) => count === 0)) return name;
  const factors = spatialOf(input).map((size, axis) => insideFactors(size, axis, window));
  return factors.reduce((total, along, axis) => {
    const shape = [1, ...factors.map((_, own) => (own === axis ? along.length : 1)), 1];
    return writer.op('Mul', [total, writer.constant('float32', shape, Float32Array.from(along))]);
  }, name);
}

function insideFactors(size: number, axis: number, { size: widths, strides, padding }: Window): number[] {
  const [width, stride, [before, after]] = [widths[axis], strides[axis], padding[axis]];
  const places = Math.floor((size + before + after - width) / stride) + 1;
  return Array.from({ length: places }, (_, place) => {
    const from = place * stride - before;
    return width / (Math.min(size, from + width) - Math.max(0, from));
  });
}
