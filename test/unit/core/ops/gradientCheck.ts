import assert from 'node:assert/strict';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { mul } from '../../../../src/core/ops/binary';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { sum } from '../../../../src/core/ops/reduce';
import type { OpName } from '../../../../src/core/ops/registry';
import { resolveShape, type Shape } from '../../../../src/core/ops/shape';
import { interpret } from '../../../../src/engine/reference/interpreter';

/** Which numbers an input gets: away from 0 on both sides, above 0, or all of them clearly apart from one another. */
type Domain = 'any' | 'positive' | 'apart';

export interface CheckedInput {
  readonly shape: Shape;
  readonly domain?: Domain;
}

/** One function whose gradient by each input is compared with central differences. */
export interface GradientCase {
  readonly what: string;
  readonly inputs: readonly CheckedInput[];
  readonly build: (...values: Value[]) => Value;
}

const BATCH_SIZE = 2;
/** Central differences in float64 err by about step^2 plus 1e-16 / step. */
const STEP = 1e-5;
const TOLERANCE = 1e-7;

/** Uniform numbers from 0 to 1, the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function draw(shape: readonly number[], domain: Domain, random: () => number): NumericTensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = new Float64Array(size);
  if (domain === 'apart') {
    const order = Array.from(data.keys()).map((i) => [random(), i]).sort(([a], [b]) => a - b);
    order.forEach(([, place], rank) => (data[place] = (rank - size / 2) * 0.11));
    return { shape, data };
  }
  for (let i = 0; i < size; i++) {
    const magnitude = 0.2 + random() * 1.3;
    data[i] = domain === 'any' && random() < 0.5 ? -magnitude : magnitude;
  }
  return { shape, data };
}

interface Prepared {
  readonly inputs: readonly NumericTensor[];
  readonly used: ReadonlySet<OpName>;
  loss(): number;
  slopes(): NumericTensor[];
}

/** The loss is a weighted sum of the function's output, so that every element has another upstream gradient. */
function prepare({ inputs, build }: GradientCase, seed: number): Prepared {
  const graph = new Graph();
  const random = randomNumbers(seed);
  const values = inputs.map(({ shape }, i) => graph.input(`x${i}`, { shape, dtype: 'float32' }));
  const y = build(...values);
  const used = new Set(graph.nodes.map(({ op }) => op.name));
  const weights = graph.input('weights', { shape: y.shape, dtype: 'float32' });
  const loss = sum(mul(y, weights));
  const slopes = gradients(loss, values);
  graph.output('loss', loss);
  slopes.forEach((slope, i) => {
    assert.ok(slope, `input ${i} gets a gradient`);
    assert.deepEqual(slope.shape, inputs[i].shape, `gradient ${i} has the shape of its input`);
    graph.output(`slope${i}`, slope);
  });
  const program = graph.finish();
  const tensors = inputs.map(({ shape, domain = 'any' }) => draw(resolveShape(shape, BATCH_SIZE), domain, random));
  const feeds = new Map<number, NumericTensor>();
  graph.constants.forEach(({ shape, data }, id) => feeds.set(id, { shape, data: Float64Array.from(data) }));
  values.forEach(({ id }, i) => feeds.set(id, tensors[i]));
  feeds.set(weights.id, draw(resolveShape(y.shape, BATCH_SIZE), 'any', random));
  const run = (): ((name: string) => NumericTensor) => {
    const lookup = interpret(program, feeds, BATCH_SIZE);
    return (name) => lookup(program.outputs.find((output) => output.name === name)!.value);
  };
  return {
    inputs: tensors,
    used,
    loss: () => run()('loss').data[0],
    slopes: () => {
      const read = run();
      return inputs.map((_, i) => read(`slope${i}`));
    },
  };
}

/** Fails where a gradient differs from central differences, or where the function does not use the operation it is about. */
export function checkGradient(op: OpName, checked: GradientCase): void {
  const prepared = prepare(checked, 1 + checked.inputs.length);
  assert.ok(prepared.used.has(op), `the case uses ${op}`);
  const slopes = prepared.slopes();
  prepared.inputs.forEach(({ data }, i) => {
    assert.equal(slopes[i].data.length, data.length);
    for (let at = 0; at < data.length; at++) {
      const kept = data[at];
      data[at] = kept + STEP;
      const above = prepared.loss();
      data[at] = kept - STEP;
      const below = prepared.loss();
      data[at] = kept;
      const expected = (above - below) / (2 * STEP);
      const error = Math.abs(slopes[i].data[at] - expected) / Math.max(1, Math.abs(expected));
      assert.ok(error < TOLERANCE, `${op}, ${checked.what}: input ${i}, element ${at}: ${slopes[i].data[at]} instead of ${expected}`);
    }
  });
}
