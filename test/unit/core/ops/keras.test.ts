import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mul } from '../../../../src/core/ops/binary';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph } from '../../../../src/core/ops/graph';
import { operations } from '../../../../src/core/ops/operations';
import { sum } from '../../../../src/core/ops/reduce';
import type { OpName } from '../../../../src/core/ops/registry';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { interpret } from '../../../../src/engine/reference/interpreter';

interface StoredTensor {
  readonly shape: number[];
  readonly data: number[];
}

interface GoldenCase {
  readonly what: string;
  readonly op: OpName;
  readonly inputs: readonly StoredTensor[];
  readonly attributes: object;
  readonly output: StoredTensor;
  readonly upstream: StoredTensor;
  readonly gradients: readonly StoredTensor[];
}

const golden = JSON.parse(readFileSync(new URL('../../../keras/golden/ops/ops.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly GoldenCase[];
};

/** float32 of TensorFlow against our float64, relative to the largest number of the tensor. */
const TOLERANCE = 2e-6;

function expectClose(received: NumericTensor, expected: StoredTensor, what: string): void {
  assert.deepEqual([...received.shape], expected.shape, `${what}: shape`);
  const scale = Math.max(1, ...expected.data.map(Math.abs));
  expected.data.forEach((number, i) => {
    const error = Math.abs(received.data[i] - number) / scale;
    assert.ok(error <= TOLERANCE, `${what}, element ${i}: ${received.data[i]} instead of ${number}`);
  });
}

function toNumeric({ shape, data }: StoredTensor): NumericTensor {
  return { shape, data: Float64Array.from(data) };
}

function check({ what, op, inputs, attributes, output, upstream, gradients: slopes }: GoldenCase): void {
  const graph = new Graph();
  const values = inputs.map(({ shape }, i) => graph.input(`x${i}`, { shape, dtype: 'float32' }));
  const weights = graph.input('upstream', { shape: upstream.shape, dtype: 'float32' });
  const [y] = graph.add(operations[op], values, attributes);
  graph.output('y', y);
  gradients(sum(mul(y, weights)), values).forEach((slope, i) => {
    assert.ok(slope, `gradient ${i}`);
    graph.output(`slope${i}`, slope);
  });
  const program = graph.finish();
  const feeds = new Map<number, NumericTensor>(program.constants.map(({ value, tensor }) => [value, toNumeric({ shape: [...tensor.shape], data: [...tensor.data] })]));
  values.forEach(({ id }, i) => feeds.set(id, toNumeric(inputs[i])));
  feeds.set(weights.id, toNumeric(upstream));
  const lookup = interpret(program, feeds, 1);
  const read = (name: string): NumericTensor => lookup(program.outputs.find((known) => known.name === name)!.value);
  expectClose(read('y'), output, `${what}, output`);
  slopes.forEach((slope, i) => expectClose(read(`slope${i}`), slope, `${what}, gradient ${i}`));
}

describe('operations against Keras', () => {
  it('has cases', () => assert.ok(golden.cases.length > 40));
  for (const known of golden.cases) it(known.what, () => check(known));
});
