import type { BatchNormAttributes } from '../../../core/ops/batchNorm';
import type { Shape } from '../../../core/ops/shape';
import type { GraphAttributes } from '../graphDef';
import type { Name } from '../graphWriter';
import type { Lower, Lowering, LoweringNode } from '../lowering';

/** TensorFlow's fused operator over images: its reserved outputs are the mean and the population variance. */
export const batchNorm: Lower<BatchNormAttributes> = (node, lowering) => {
  const view = channelView(node.inputs[0], node.attributes.axis, lowering);
  const [y, , , mean, variance] = forward(node, view, lowering);
  return [view.put(y), mean, variance];
};

export const batchNormGrad: Lower<BatchNormAttributes> = (node, lowering) => {
  const { inputs: [x, gamma, mean, variance, dy], attributes: { axis, epsilon } } = node;
  const view = channelView(x, axis, lowering);
  const names = [view.take(dy), view.take(x), lowering.name(gamma), lowering.name(mean), lowering.name(variance), scratch(node, lowering)];
  const [dx, dGamma, dBeta] = lowering.writer.ops('FusedBatchNormGradV3', names, { is_training: true, epsilon: { float: epsilon } });
  return [view.put(dx), dGamma, dBeta];
};

const training = (epsilon: number): GraphAttributes => ({ is_training: true, epsilon: { float: epsilon } });

/** Writing it again for the gradient gives the same node. */
function forward({ inputs: [, gamma, beta], attributes: { epsilon } }: LoweringNode<BatchNormAttributes>, view: ChannelView, lowering: Lowering): readonly Name[] {
  const { writer } = lowering;
  const none = writer.constant('float32', [0], new Float32Array(0));
  return writer.ops('FusedBatchNormV3', [view.image, lowering.name(gamma), lowering.name(beta), none, none], training(epsilon));
}

/** The third reserved output of the forward operator, which some builds of TensorFlow want back. */
function scratch({ inputs: [x, , mean] }: LoweringNode<BatchNormAttributes>, lowering: Lowering): Name {
  const maker = lowering.producer(mean);
  if (maker?.op !== 'batchNorm' || maker.inputs[0] !== x) return lowering.writer.constant('float32', [0], new Float32Array(0));
  const node = maker as LoweringNode<BatchNormAttributes>;
  return forward(node, channelView(x, node.attributes.axis, lowering), lowering)[5];
}

/** A tensor seen as an image: as it is where it is one, else as [rows, 1, 1, channels]. */
interface ChannelView {
  readonly image: Name;
  take(value: number): Name;
  put(name: Name): Name;
}

function channelView(x: number, axis: number, lowering: Lowering): ChannelView {
  const shape = lowering.shape(x);
  if (shape.length === 4 && axis === 3) return { image: lowering.name(x), take: (value) => lowering.name(value), put: (name) => name };
  const last = shape.length - 1;
  const exchange = shape.map((_, own) => (own === axis ? last : own === last ? axis : own));
  const exchanged: Shape = exchange.map((own) => shape[own]);
  const turn = (name: Name): Name => (axis === last ? name : lowering.writer.op('Transpose', [name, lowering.writer.ints(...exchange)]));
  const take = (value: number): Name => lowering.reshape(turn(lowering.name(value)), [-1, 1, 1, shape[axis]]);
  return { image: take(x), take, put: (name) => turn(lowering.reshape(name, exchanged)) };
}
