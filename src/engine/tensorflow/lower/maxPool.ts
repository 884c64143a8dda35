import type { PoolAttributes } from '../../../core/ops/pool';
import type { Shape } from '../../../core/ops/shape';
import type { Name } from '../graphWriter';
import type { Lower, Lowering } from '../lowering';
import { planPool, type PoolPlan } from './poolPlan';
import { padded, planar, spatialOf, unpadded, unplanar } from './window';

export const maxPool: Lower<PoolAttributes> = ({ inputs: [x], outputs: [y], attributes }, lowering) => {
  const shape = lowering.shape(x);
  if (shape.length < 5) return [unplanar(pooled(planar(x, lowering), planPool(shape, attributes), lowering), lowering.shape(y), lowering)];
  const { between, depth } = layered(x, attributes, lowering);
  return [lowering.reshape(pooled(between, depth, lowering), lowering.shape(y))];
};

export const maxPoolGrad: Lower<PoolAttributes> = ({ inputs: [x, y, dy], attributes }, lowering) => {
  const shape = lowering.shape(x);
  if (shape.length < 5) {
    const gradient = slope({ x: planar(x, lowering), y: planar(y, lowering), dy: planar(dy, lowering) }, planPool(shape, attributes), lowering);
    return [unplanar(gradient, shape, lowering)];
  }
  const { image, layers, plane, between, depth } = layered(x, attributes, lowering);
  const flat = (value: number): Name => lowering.reshape(lowering.name(value), outputOf(depth, lowering.shape(y)));
  const middle = lowering.reshape(slope({ x: between, y: flat(y), dy: flat(dy) }, depth, lowering), layers);
  const inner = pooled(image, plane, lowering);
  return [lowering.reshape(slope({ x: image, y: inner, dy: middle }, plane, lowering), shape)];
};

/** Padding must never win. */
function raised(name: Name, { outside }: PoolPlan, lowering: Lowering): Name {
  return padded(name, outside, { filler: -Infinity, lowering });
}

function pooled(image: Name, plan: PoolPlan, lowering: Lowering): Name {
  return lowering.writer.op('MaxPool', [raised(image, plan, lowering)], plan.attributes);
}

function slope({ x, y, dy }: { x: Name; y: Name; dy: Name }, plan: PoolPlan, lowering: Lowering): Name {
  const whole = lowering.writer.op('MaxPoolGrad', [raised(x, plan, lowering), y, dy], plan.attributes);
  return unpadded(whole, plan.outside, { sizes: spatialOf(plan.input), lowering });
}

/** A pooling of three axes as one of planes and one of the depth after it. */
interface Layered {
  /** [batch * depth, height, width, channels] */
  readonly image: Name;
  readonly plane: PoolPlan;
  /** Shape of the pooled planes. */
  readonly layers: Shape;
  /** The pooled planes as [batch, depth, places, channels]. */
  readonly between: Name;
  readonly depth: PoolPlan;
}

/**
 * Planes first, then depth: the first maximum in row-major order is the first one of the first plane that holds it. TensorFlow's
 * own MaxPool3DGrad lets another one win.
 */
function layered(x: number, { size, strides, padding }: PoolAttributes, lowering: Lowering): Layered {
  const [batch, depth, height, width, channels] = lowering.shape(x);
  const planes: Shape = [batch * depth, height, width, channels];
  const image = lowering.reshape(lowering.name(x), planes);
  const plane = planPool(planes, { size: size.slice(1), strides: strides.slice(1), padding: padding.slice(1) });
  const [rows, columns] = [1, 2].map((axis) => Math.floor(([depth, height, width][axis] + padding[axis][0] + padding[axis][1] - size[axis]) / strides[axis]) + 1);
  const standing: Shape = [batch, depth, rows * columns, channels];
  return {
    image,
    plane,
    layers: [batch * depth, rows, columns, channels],
    between: lowering.reshape(pooled(image, plane, lowering), standing),
    depth: planPool(standing, { size: [size[0], 1], strides: [strides[0], 1], padding: [padding[0], [0, 0]] }),
  };
}

/** [batch, depth, height, width, channels] with the planes as one axis. */
function outputOf({ input }: PoolPlan, [batch, depth]: Shape): Shape {
  return [batch, depth, input[2], input[3]];
}
