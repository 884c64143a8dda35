import type { Tensor } from '../../src/core/model/tensor';
import { sizeOf } from '../../src/core/model/tensor';
import { batchNorm } from '../../src/core/ops/batchNorm';
import { add, mul, sub } from '../../src/core/ops/binary';
import { conv } from '../../src/core/ops/conv';
import { gradients } from '../../src/core/ops/gradients';
import { Graph, type Value } from '../../src/core/ops/graph';
import { matmul } from '../../src/core/ops/matmul';
import { samePadding } from '../../src/core/ops/padding';
import { avgPool, maxPool } from '../../src/core/ops/pool';
import type { Program } from '../../src/core/ops/program';
import { mean, sum } from '../../src/core/ops/reduce';
import { reshape } from '../../src/core/ops/reshape';
import { BATCH, sizeOfShape } from '../../src/core/ops/shape';
import { logSoftmax } from '../../src/core/ops/softmax';
import { neg, relu } from '../../src/core/ops/unary';
import type { Tensors } from '../../src/core/ports';
import { uniform } from './opCases/opCase';

/** A training step of a convolutional network: inputs `x` and `y` (one-hot), output `loss`. */
export interface ConvNet {
  readonly program: Program;
  readonly start: Tensors;
  batch(size: number, seed: number): Tensors;
}

export interface ConvNetSizes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: readonly number[];
  readonly classes: number;
}

/**
 * Blocks of convolution 3x3 `same` with bias, relu, batch normalization and pooling (largest and mean in turn), a residual sum
 * around the second half of each; then a Dense, softmax cross-entropy, momentum.
 */
export function convNet(sizes: ConvNetSizes): ConvNet {
  const graph = new Graph();
  const x = graph.input('x', { shape: [BATCH, sizes.height, sizes.width, sizes.channels], dtype: 'float32' });
  const y = graph.input('y', { shape: [BATCH, sizes.classes], dtype: 'float32' });
  const features = sizes.filters.reduce((h, filters, i) => block(h, { filters, i }), x);
  const flat = reshape(features, [BATCH, -sizeOfShape(features.shape)]);
  const kernel = graph.state('head/kernel', { shape: [flat.shape[1], sizes.classes], dtype: 'float32' });
  const logits = add(matmul(flat, kernel), graph.state('head/bias', { shape: [sizes.classes], dtype: 'float32' }));
  const loss = neg(mean(sum(mul(y, logSoftmax(logits)), [-1])));
  graph.output('loss', loss);
  const slots = [...graph.states.values()].filter(({ name }) => !name.includes('moving'));
  momentum(graph, slots.map(({ name, value }) => ({ name, value })), loss);
  return {
    program: graph.finish(),
    start: Object.fromEntries(slots.map(({ name, value: { shape } }, i) => [name, startOf(name, shape, i)])),
    batch: (size, seed) => ({
      x: random([size, sizes.height, sizes.width, sizes.channels], { seed, span: 1 }),
      y: { dtype: 'float32', shape: [size, sizes.classes], data: Float32Array.from({ length: size * sizes.classes }, (_, at) => (at % sizes.classes === (Math.floor(at / sizes.classes) + seed) % sizes.classes ? 1 : 0)) },
    }),
  };
}

function block(x: Value, { filters, i }: { filters: number; i: number }): Value {
  const h = normalize(relu(convolve(x, { filters, name: `conv${i}` })), `norm${i}`);
  const joined = add(h, relu(convolve(h, { filters, name: `inner${i}` })));
  const attributes = { size: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]] } as const;
  return i % 2 === 0 ? maxPool(joined, attributes) : avgPool(joined, attributes);
}

function convolve(x: Value, { filters, name }: { filters: number; name: string }): Value {
  const kernel = x.graph.state(`${name}/kernel`, { shape: [3, 3, x.shape[3], filters], dtype: 'float32' });
  const bias = x.graph.state(`${name}/bias`, { shape: [filters], dtype: 'float32' });
  const padding = [samePadding(x.shape[1], 3, 1, 1), samePadding(x.shape[2], 3, 1, 1)];
  return add(conv(x, kernel, { strides: [1, 1], padding, dilation: [1, 1], groups: 1 }), bias);
}

function normalize(x: Value, name: string): Value {
  const type = { shape: [x.shape[3]], dtype: 'float32' } as const;
  const state = (part: string): Value => x.graph.state(`${name}/${part}`, type);
  const [y, average, variance] = batchNorm(x, state('gamma'), state('beta'), { axis: 3, epsilon: 1e-3 });
  for (const [part, fresh] of [['moving_mean', average], ['moving_variance', variance]] as const) {
    x.graph.update(`${name}/${part}`, add(mul(state(part), 0.99), mul(fresh, 0.01)));
  }
  return y;
}

function momentum(graph: Graph, slots: readonly { name: string; value: Value }[], loss: Value): void {
  gradients(loss, slots.map(({ value }) => value)).forEach((gradient, i) => {
    const { name, value } = slots[i];
    const speed = graph.state(`${name}/momentum`, value);
    const next = sub(mul(speed, 0.9), mul(gradient as Value, 0.01));
    graph.update(`${name}/momentum`, next);
    graph.update(name, add(value, next));
  });
}

function startOf(name: string, shape: readonly number[], seed: number): Tensor {
  const fanIn = sizeOf(shape.slice(0, -1));
  if (name.endsWith('kernel')) return random(shape, { seed, span: Math.sqrt(3 / fanIn) });
  return { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)).fill(name.endsWith('gamma') ? 1 : 0) };
}

/** From -span to span. */
function random(shape: readonly number[], { seed, span }: { seed: number; span: number }): Tensor {
  const next = uniform(seed + 1);
  return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => (2 * next() - 1) * span) };
}
