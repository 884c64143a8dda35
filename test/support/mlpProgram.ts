import type { Tensor } from '../../src/core/model/tensor';
import { sizeOf } from '../../src/core/model/tensor';
import { add, maximum, minimum, mul, sub } from '../../src/core/ops/binary';
import { gradients } from '../../src/core/ops/gradients';
import { Graph, type Value } from '../../src/core/ops/graph';
import { matmul } from '../../src/core/ops/matmul';
import type { Program } from '../../src/core/ops/program';
import { mean } from '../../src/core/ops/reduce';
import { BATCH } from '../../src/core/ops/shape';
import { log, neg, selu, sigmoid } from '../../src/core/ops/unary';
import type { Tensors } from '../../src/core/ports';
import { uniform } from './opCases/opCase';

/** A training step of a perceptron: inputs `x`, `y`, `rate`, states `kernel<i>`, `bias<i>`, output `loss`. */
export interface Perceptron {
  readonly program: Program;
  /** Seeded start of the states. */
  readonly start: Tensors;
  /** A seeded batch. */
  batch(size: number, seed: number): Tensors;
}

/** Dense layers of these widths, selu inside and sigmoid at the end, binary cross-entropy, plain SGD. */
export function perceptron(widths: readonly number[]): Perceptron {
  const graph = new Graph();
  const x = graph.input('x', { shape: [BATCH, widths[0]], dtype: 'float32' });
  const y = graph.input('y', { shape: [BATCH, 1], dtype: 'float32' });
  const rate = graph.input('rate', { shape: [], dtype: 'float32' });
  const loss = crossEntropy(y, layers(graph, x, widths));
  const slots = [...graph.states.values()];
  gradients(loss, slots.map(({ value }) => value)).forEach((gradient, i) => {
    graph.update(slots[i].name, sub(slots[i].value, mul(gradient as Value, rate)));
  });
  graph.output('loss', loss);
  return {
    program: graph.finish(),
    start: Object.fromEntries(slots.map(({ name, value: { shape } }, i) => [name, random(shape, { seed: i, span: name.startsWith('kernel') ? Math.sqrt(3 / shape[0]) : 0 })])),
    batch: (size, seed) => ({
      x: random([size, widths[0]], { seed, span: 1 }),
      y: { dtype: 'float32', shape: [size, 1], data: Float32Array.from({ length: size }, (_, i) => (i + seed) % 2) },
      rate: { dtype: 'float32', shape: [], data: Float32Array.of(0.05) },
    }),
  };
}

function layers(graph: Graph, x: Value, widths: readonly number[]): Value {
  return widths.slice(1).reduce((h, width, i) => {
    const kernel = graph.state(`kernel${i}`, { shape: [widths[i], width], dtype: 'float32' });
    const bias = graph.state(`bias${i}`, { shape: [width], dtype: 'float32' });
    const z = add(matmul(h, kernel), bias);
    return i === widths.length - 2 ? sigmoid(z) : selu(z);
  }, x);
}

function crossEntropy(y: Value, probability: Value): Value {
  const p = minimum(maximum(probability, 1e-7), 1 - 1e-7);
  return neg(mean(add(mul(y, log(p)), mul(sub(1, y), log(sub(1, p))))));
}

/** From -span to span. */
function random(shape: readonly number[], { seed, span }: { seed: number; span: number }): Tensor {
  const next = uniform(seed + 1);
  return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => (2 * next() - 1) * span) };
}
