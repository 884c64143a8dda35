import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import type { ErrorCode } from '../../../../src/core/errors';
import type { Tensor } from '../../../../src/core/model/tensor';
import type { CompiledProgram } from '../../../../src/core/ports';
import { add, div, mul, sub } from '../../../../src/core/ops/binary';
import { batchSize } from '../../../../src/core/ops/batchSize';
import { conv } from '../../../../src/core/ops/conv';
import { equal } from '../../../../src/core/ops/compare';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { matmul } from '../../../../src/core/ops/matmul';
import { maxPool } from '../../../../src/core/ops/pool';
import { argMax, mean, sum } from '../../../../src/core/ops/reduce';
import { reshape } from '../../../../src/core/ops/reshape';
import { BATCH } from '../../../../src/core/ops/shape';
import { logSoftmax } from '../../../../src/core/ops/softmax';
import { relu } from '../../../../src/core/ops/unary';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';

function floats(shape: readonly number[], numbers: Iterable<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(numbers) };
}

function failsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SurgeryError && error.code === code;
}

function compile(graph: Graph): Promise<CompiledProgram> {
  return new ReferenceEngine().compile(graph.finish());
}

/** y = x w; w moves by -rate * mean over the batch of x. */
function movingProduct(): Graph {
  const graph = new Graph();
  const x = graph.input('x', { shape: [BATCH, 2], dtype: 'float32' });
  const rate = graph.input('rate', { shape: [], dtype: 'float32' });
  const w = graph.state('w', { shape: [2, 1], dtype: 'float32' });
  graph.state('still', { shape: [2], dtype: 'int32' });
  graph.output('y', matmul(x, w));
  graph.output('rows', batchSize(x));
  graph.update('w', sub(w, mul(rate, reshape(mean(x, [0]), [2, 1]))));
  return graph;
}

const x1 = floats([1, 2], [1, 2]);
const x2 = floats([2, 2], [1, 2, 3, 4]);
const rate = floats([], [0.5]);

describe('ReferenceEngine', () => {
  it('starts states at zero, writes and reads copies of them', async () => {
    const program = await compile(movingProduct());
    assert.deepEqual(await program.readState(), {
      w: floats([2, 1], [0, 0]),
      still: { dtype: 'int32', shape: [2], data: Int32Array.of(0, 0) },
    });
    const mine = floats([2, 1], [1, 10]);
    program.writeState({ w: mine });
    mine.data[0] = 99;
    const read = await program.readState(['w']);
    assert.deepEqual(read, { w: floats([2, 1], [1, 10]) });
    read.w.data[0] = 77;
    assert.equal((await program.readState(['w'])).w.data[0], 1);
  });

  it('gives the outputs of each step, with the state before it, at any batch size', async () => {
    const program = await compile(movingProduct());
    program.writeState({ w: floats([2, 1], [1, 10]) });
    const [first, second] = await program.run([{ x: x2, rate }, { x: x1, rate }]);
    assert.deepEqual(first, { y: floats([2, 1], [21, 43]), rows: floats([], [2]) });
    assert.deepEqual(second, { y: floats([1, 1], [17]), rows: floats([], [1]) });
    assert.deepEqual((await program.readState(['w'])).w, floats([2, 1], [-0.5, 7.5]));
  });

  it('keeps states in float64 between steps', async () => {
    const graph = new Graph();
    const one = graph.input('tiny', { shape: [], dtype: 'float32' });
    const total = graph.state('total', { shape: [], dtype: 'float32' });
    graph.update('total', add(total, one));
    const program = await compile(graph);
    program.writeState({ total: floats([], [2 ** 25]) });
    await program.run(Array.from({ length: 8 }, () => ({ tiny: floats([], [1]) })));
    assert.equal((await program.readState()).total.data[0], 2 ** 25 + 8);
  });

  it('runs a program without a batch axis', async () => {
    const graph = new Graph();
    const a = graph.input('a', { shape: [2], dtype: 'float32' });
    const same = equal(a, graph.constant(floats([2], [1, 5])));
    graph.output('same', same);
    const [{ same: result }] = await (await compile(graph)).run([{ a: floats([2], [1, 2]) }]);
    assert.deepEqual(result, { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) });
  });

  it('reads the batch size through multiples of it', async () => {
    const graph = new Graph();
    const x = graph.input('x', { shape: [-3, 2], dtype: 'float32' });
    graph.output('y', sum(reshape(x, [BATCH, 6]), [1]));
    const program = await compile(graph);
    const [{ y }] = await program.run([{ x: floats([6, 2], new Array(12).fill(1) as number[]) }]);
    assert.deepEqual(y, floats([2], [6, 6]));
    await assert.rejects(program.run([{ x: floats([4, 2], new Array(8).fill(1) as number[]) }]), failsWith('shape-mismatch'));
  });
});

describe('ReferenceEngine refuses', () => {
  it('inputs that are missing, unknown or of another type', async () => {
    const program = await compile(movingProduct());
    await assert.rejects(program.run([{ x: x1 }]), failsWith('engine-failed'));
    await assert.rejects(program.run([{ x: x1, rate, other: rate }]), failsWith('engine-failed'));
    await assert.rejects(program.run([{ x: floats([1, 3], [1, 2, 3]), rate }]), failsWith('shape-mismatch'));
    await assert.rejects(program.run([{ x: floats([2], [1, 2]), rate }]), failsWith('shape-mismatch'));
    await assert.rejects(program.run([{ x: floats([1, 2], [1, 2, 3]), rate }]), failsWith('shape-mismatch'));
    await assert.rejects(program.run([{ x: { dtype: 'int32', shape: [1, 2], data: Int32Array.of(1, 2) }, rate }]), failsWith('shape-mismatch'));
  });

  it('two inputs of two batch sizes', async () => {
    const graph = new Graph();
    const a = graph.input('a', { shape: [BATCH], dtype: 'float32' });
    const b = graph.input('b', { shape: [BATCH], dtype: 'float32' });
    graph.output('y', add(sum(a), sum(b)));
    const program = await compile(graph);
    await assert.rejects(program.run([{ a: floats([1], [1]), b: floats([2], [1, 2]) }]), failsWith('shape-mismatch'));
  });

  it('states that it does not know or of another type, and then writes none', async () => {
    const program = await compile(movingProduct());
    assert.throws(() => program.writeState({ other: x1 }), failsWith('engine-failed'));
    const good = floats([2, 1], [1, 1]);
    assert.throws(() => program.writeState({ w: good, still: floats([2], [1, 1]) }), failsWith('shape-mismatch'));
    assert.deepEqual((await program.readState(['w'])).w, floats([2, 1], [0, 0]));
    await assert.rejects(program.readState(['other']), failsWith('engine-failed'));
  });

  it('a state that would change its shape', async () => {
    const graph = new Graph();
    const w = graph.state('w', { shape: [2], dtype: 'float32' });
    graph.update('w', sum(w));
    await assert.rejects(compile(graph), failsWith('engine-failed'));
  });

  it('a program that is disposed', async () => {
    const program = await compile(movingProduct());
    await program.dispose();
    await assert.rejects(program.run([{ x: x1, rate }]), failsWith('engine-failed'));
    await assert.rejects(program.readState(), failsWith('engine-failed'));
  });
});

/** Uniform between -0.1 and 0.1, the same in every run (a linear congruence). */
function smallNumbers(...shape: number[]): Tensor {
  const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
  let state = 12345;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    data[i] = (state / 0x7fffffff - 0.5) / 5;
  }
  return { dtype: 'float32', shape, data };
}

/** Cross-entropy of a network and one step of SGD, with the states' first values. */
function trainingGraph(build: (x: Value, weight: (...shape: number[]) => Value) => Value, inputShape: readonly number[]): { graph: Graph; first: Record<string, Tensor> } {
  const graph = new Graph();
  const first: Record<string, Tensor> = {};
  const weights: Value[] = [];
  const weight = (...shape: number[]): Value => {
    const name = `w${weights.length}`;
    first[name] = smallNumbers(...shape);
    weights.push(graph.state(name, { shape, dtype: 'float32' }));
    return weights[weights.length - 1];
  };
  const x = graph.input('x', { shape: [BATCH, ...inputShape], dtype: 'float32' });
  const targets = graph.input('targets', { shape: [BATCH, 10], dtype: 'float32' });
  const logits = build(x, weight);
  const loss = div(sum(mul(targets, logSoftmax(logits))), mul(batchSize(x), -1));
  graph.output('loss', loss);
  graph.output('best', argMax(logits, 1));
  gradients(loss, weights).forEach((slope, i) => {
    assert.ok(slope);
    graph.update(`w${i}`, sub(weights[i], mul(slope, 0.1)));
  });
  return { graph, first };
}

/** Trains on one batch; the losses. */
async function train(trained: ReturnType<typeof trainingGraph>, x: Tensor, steps: number): Promise<number[]> {
  const program = await compile(trained.graph);
  program.writeState(trained.first);
  const rows = x.shape[0];
  const targets = floats([rows, 10], Array.from({ length: rows * 10 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0)));
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const [{ loss }] = await program.run([{ x, targets }]);
    losses.push(loss.data[0]);
  }
  return losses;
}

describe('ReferenceEngine trains', () => {
  it('a network 784-300-100-10 at batch 32', async () => {
    const trained = trainingGraph((x, weight) => {
      const hidden = relu(add(matmul(x, weight(784, 300)), weight(300)));
      return add(matmul(relu(add(matmul(hidden, weight(300, 100)), weight(100))), weight(100, 10)), weight(10));
    }, [784]);
    const losses = await train(trained, smallNumbers(32, 784), 9);
    assert.ok(losses[8] < losses[0], `the loss falls: ${losses.join(', ')}`);
  });

  it('a small convolutional network, whose loss falls', async () => {
    const trained = trainingGraph((x, weight) => {
      const same = { strides: [1, 1], padding: [[1, 1], [1, 1]], dilation: [1, 1], groups: 1 } as const;
      const convolved = relu(add(conv(x, weight(3, 3, 1, 8), same), weight(8)));
      const pooled = maxPool(convolved, { size: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]] });
      return matmul(reshape(pooled, [BATCH, 6 * 7 * 8]), weight(6 * 7 * 8, 10));
    }, [12, 14, 1]);
    const losses = await train(trained, smallNumbers(16, 12, 14, 1), 5);
    assert.ok(losses[4] < losses[0], `the loss falls: ${losses.join(', ')}`);
  });
});
