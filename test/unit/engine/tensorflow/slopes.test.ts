import assert from 'node:assert/strict';
import { minimum, mul, sub } from '../../../../src/core/ops/binary';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { matmul } from '../../../../src/core/ops/matmul';
import { sum } from '../../../../src/core/ops/reduce';
import { BATCH } from '../../../../src/core/ops/shape';
import { relu } from '../../../../src/core/ops/unary';
import { lowerProgram } from '../../../../src/engine/tensorflow/lowerProgram';

/** Operators on the way from what is fed to what is fetched: TensorFlow leaves the others out. */
function operators(write: (graph: Graph) => void): Record<string, number> {
  const graph = new Graph();
  write(graph);
  const { nodes, outputs, nextStates } = lowerProgram(graph.finish());
  const makers = new Map(nodes.map((node) => [node.name, node]));
  const counts: Record<string, number> = {};
  const seen = new Set<string>();
  const visit = (input: string): void => {
    const name = input.replace(/^\^|:\d+$/g, '');
    const node = makers.get(name);
    if (!node || seen.has(name)) return;
    seen.add(name);
    counts[node.op] = (counts[node.op] ?? 0) + 1;
    node.inputs.forEach(visit);
  };
  [...outputs.values(), ...nextStates.values()].forEach(visit);
  return counts;
}

describe('gradients as TensorFlow has them', () => {
  it('relu6 and its gradient are one operator each', () => {
    const { Relu6, Relu6Grad, Relu, ReluGrad, Minimum, SelectV2 } = operators((graph) => {
      const x = graph.input('x', { shape: [BATCH, 5], dtype: 'float32' });
      const y = minimum(6, relu(x));
      graph.output('y', y);
      graph.output('dx', gradients(sum(mul(y, y)), [x])[0] as Value);
    });
    assert.deepEqual([Relu6, Relu6Grad, Relu, ReluGrad, Minimum, SelectV2], [1, 1, undefined, undefined, undefined, undefined]);
  });

  it('another limit is no relu6', () => {
    const { Relu6, Minimum } = operators((graph) => graph.output('y', minimum(5, relu(graph.input('x', { shape: [BATCH, 5], dtype: 'float32' })))));
    assert.deepEqual([Relu6, Minimum], [undefined, 1]);
  });

  it('a step of SGD scales the slope of the outputs and not the gradient, where nothing else reads that', () => {
    const subtracted = (readByOthers: boolean): string | undefined => {
      const graph = new Graph();
      const [x, dy] = [3, 4].map((units) => graph.input(`x${units}`, { shape: [BATCH, units], dtype: 'float32' }));
      const kernel = graph.state('kernel', { shape: [3, 4], dtype: 'float32' });
      const gradient = matmul(x, mul(dy, dy), { transposeA: true });
      graph.update('kernel', sub(kernel, mul(gradient, graph.input('rate', { shape: [], dtype: 'float32' }))));
      if (readByOthers) graph.output('gradient', gradient);
      const { nodes } = lowerProgram(graph.finish());
      const step = nodes.find(({ op }) => op === 'Sub');
      return nodes.find(({ name }) => name === step?.inputs[1])?.op;
    };
    assert.deepEqual([subtracted(false), subtracted(true)], ['MatMul', 'Mul']);
  });
});
