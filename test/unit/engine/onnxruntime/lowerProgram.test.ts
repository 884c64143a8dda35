import assert from 'node:assert/strict';
import { add, minimum, mul, sub } from '../../../../src/core/ops/binary';
import { broadcastTo } from '../../../../src/core/ops/broadcastTo';
import { conv } from '../../../../src/core/ops/conv';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { matmul } from '../../../../src/core/ops/matmul';
import { maxPool, maxPoolGrad } from '../../../../src/core/ops/pool';
import type { Program } from '../../../../src/core/ops/program';
import { sum } from '../../../../src/core/ops/reduce';
import { BATCH, type Shape } from '../../../../src/core/ops/shape';
import { exp, relu } from '../../../../src/core/ops/unary';
import { lowerProgram } from '../../../../src/engine/onnxruntime/lowerProgram';

const IMAGE: Shape = [BATCH, 6, 8, 3];
const plain = { strides: [1, 1], padding: [[1, 1], [1, 1]], dilation: [1, 1], groups: 1 } as const;
const pooling = { size: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]] } as const;

function program(write: (graph: Graph, input: (shape: Shape) => Value) => Value | Value[]): Program {
  const graph = new Graph();
  let count = 0;
  const built = write(graph, (shape) => graph.input(`x${count++}`, { shape, dtype: 'float32' }));
  [built].flat().forEach((value, i) => graph.output(`y${i}`, value));
  return graph.finish();
}

/** How often each operator stands in the graph. */
function operators(source: Program): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of lowerProgram(source).graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

function frozenKernel(graph: Graph, filters: number): Value {
  const data = Float32Array.from({ length: 9 * 3 * filters }, (_, i) => i);
  return graph.constant({ dtype: 'float32', shape: [3, 3, 3, filters], data });
}

describe('lowerProgram', () => {
  it('lays a frozen kernel out once and for all, and turns images only where they come in and go out', () => {
    const source = program((graph, input) => {
      const kernel = frozenKernel(graph, 3);
      const h = relu(add(conv(input(IMAGE), kernel, plain), input([3])));
      return maxPool(mul(conv(h, kernel, plain), h), pooling);
    });
    assert.deepEqual(operators(source), { Transpose: 2, Conv: 2, Relu: 1, Mul: 1, MaxPool: 1 });
    const kernels = lowerProgram(source).graph.initializers.filter(({ dims }) => dims.length === 4);
    assert.deepEqual(kernels.map(({ dims }) => dims), [[3, 3, 3, 3]]);
    const numbers = new Float32Array(kernels[0].bytes.slice().buffer);
    // [filter, channel, row, column] of what was [row, column, channel, filter], numbered in that order.
    assert.deepEqual([...numbers.slice(0, 4)], [0, 9, 18, 27]);
    assert.equal(numbers[(2 * 3 + 1) * 9], 5);
  });

  it('writes products, biases and steps of SGD as one operator each', () => {
    const source = program((graph, input) => {
      const kernel = graph.state('kernel', { shape: [4, 5], dtype: 'float32' });
      const x = input([BATCH, 4]);
      const y = add(matmul(x, kernel), input([5]));
      graph.update('kernel', sub(kernel, mul(matmul(x, y, { transposeA: true }), input([]))));
      return y;
    });
    assert.deepEqual(operators(source), { Gemm: 2, Neg: 1, Mul: 1 });
  });

  it('selects once in the gradient of what is flat on both sides', () => {
    const source = program((_, input) => {
      const x = input(IMAGE);
      return gradients(sum(minimum(6, relu(x))), [x]) as Value[];
    });
    const { Where, And, Not } = operators(source);
    assert.deepEqual([Where, And, Not], [1, 1, 1]);
  });

  it('keeps a product apart that something else reads', () => {
    const source = program((_, input) => {
      const product = matmul(input([BATCH, 4]), input([4, 5]));
      return [add(product, input([5])), product];
    });
    assert.deepEqual(operators(source), { Gemm: 1, Add: 1 });
  });

  it('does not write out what an operation broadcasts by itself', () => {
    const under = program((_, input) => mul(broadcastTo(input([BATCH, 1, 1, 3]), IMAGE), input(IMAGE)));
    assert.deepEqual(operators(under), { Mul: 1 });
    const alone = program((_, input) => exp(broadcastTo(input([BATCH, 1, 1, 3]), IMAGE)));
    assert.deepEqual(operators(alone), { Expand: 1, Exp: 1 });
  });

  it('pools once for a maximum and its gradient', () => {
    const source = program((_, input) => {
      const x = input(IMAGE);
      const y = maxPool(x, pooling);
      return [y, maxPoolGrad(x, y, input([BATCH, 3, 4, 3]), pooling)];
    });
    assert.equal(operators(source).MaxPool, 1);
  });

  it('writes equal operations once and gives each result a tensor of its own', () => {
    const source = program((_, input) => {
      const x = input([BATCH, 4]);
      return [exp(x), exp(x), x];
    });
    const { outputs, feeds } = lowerProgram(source);
    assert.deepEqual(operators(source), { Exp: 1, Identity: 2 });
    assert.equal(new Set([...outputs.values(), ...feeds.values()]).size, 4);
  });

  it('takes only what it reads', () => {
    const source = program((graph, input) => {
      input([BATCH, 9]);
      graph.state('unread', { shape: [3], dtype: 'float32' });
      return exp(input([BATCH, 4]));
    });
    assert.equal(lowerProgram(source).graph.inputs.length, 1);
  });
});
