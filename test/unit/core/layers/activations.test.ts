import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SurgeryError } from '../../../../src/core/errors';
import { activationNames, parseActivation } from '../../../../src/core/layers/activations';
import type { Json } from '../../../../src/core/model/json';
import { mul } from '../../../../src/core/ops/binary';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { sum } from '../../../../src/core/ops/reduce';
import { BATCH } from '../../../../src/core/ops/shape';
import { interpret } from '../../../../src/engine/reference/interpreter';

interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Golden {
  readonly names: readonly string[];
  readonly x: GoldenTensor;
  readonly cases: readonly { readonly activation: Json; readonly output: GoldenTensor; readonly seeds: GoldenTensor; readonly gradient: GoldenTensor }[];
}

const golden = JSON.parse(readFileSync(new URL('../../../keras/golden/activations.json', import.meta.url), 'utf8')) as Golden;

/** Output and gradient of sum(output * seeds). */
function run(activation: Json, x: GoldenTensor, seeds: GoldenTensor): { output: NumericTensor; gradient: NumericTensor; last: string | undefined } {
  const graph = new Graph();
  const feeds = new Map<number, NumericTensor>();
  const feed = (name: string, { shape, data }: GoldenTensor): Value => {
    const value = graph.input(name, { shape: [BATCH, ...shape.slice(1)], dtype: 'float32' });
    feeds.set(value.id, { shape, data: Float64Array.from(data) });
    return value;
  };
  const input = feed('x', x);
  const y = parseActivation(activation, 'layer').apply(input);
  const last = graph.producer(y)?.op.name;
  const [slope] = gradients(sum(mul(y, feed('seeds', seeds))), [input]);
  assert.ok(slope);
  graph.output('y', y);
  graph.output('slope', slope);
  graph.constants.forEach(({ shape, data }, id) => feeds.set(id, { shape, data: Float64Array.from(data) }));
  const lookup = interpret(graph.finish(), feeds, x.shape[0] ?? 1);
  return { output: lookup(y.id), gradient: lookup(slope.id), last };
}

function compare(ours: NumericTensor, theirs: GoldenTensor | NumericTensor, what: string): void {
  assert.deepEqual(ours.shape, theirs.shape);
  theirs.data.forEach((expected, index) => {
    const received = ours.data[index] ?? NaN;
    const error = Math.abs(received - expected) / Math.max(1, Math.abs(expected));
    assert.ok(error < 1e-5, `${what}: ${received} instead of ${expected} where x is ${golden.x.data[index]}`);
  });
}

/** Where x is 0 Keras' celu counts the slopes of both sides; see the test of its own. */
function withoutKink(activation: Json, { shape, data }: GoldenTensor | NumericTensor): { shape: readonly number[]; data: Float64Array } {
  const celu = JSON.stringify(activation).includes('celu');
  return { shape, data: Float64Array.from(data, (value, index) => (celu && golden.x.data[index] === 0 ? 0 : value)) };
}

describe('activations', () => {
  it('knows every name that Keras has', () => {
    assert.deepEqual(golden.names.filter((name) => !activationNames.includes(name)), []);
    assert.ok(golden.cases.length > golden.names.length);
  });

  for (const { activation, output, seeds, gradient } of golden.cases) {
    it(`${JSON.stringify(activation).slice(0, 100)}: Keras' values and gradients`, () => {
      const ours = run(activation, golden.x, seeds);
      compare(ours.output, output, 'value');
      compare(withoutKink(activation, ours.gradient), withoutKink(activation, gradient), 'gradient');
    });
  }

  it('celu: the gradient at 0 is 1, where Keras counts both sides', () => {
    const x = { shape: [1, 3], data: [-1, 0, 2] };
    const { gradient } = run('celu', x, { shape: [1, 3], data: [1, 1, 1] });
    compare(gradient, { shape: [1, 3], data: [Math.exp(-1), 1, 1] }, 'gradient');
  });

  it("hard_sigmoid as a file of Keras 2 means it: clip(x / 5 + 1/2)", () => {
    const x = { shape: [1, 4], data: [-3, -1, 2, 3] };
    compare(run('keras2_hard_sigmoid', x, { shape: [1, 4], data: [1, 1, 1, 1] }).output, { shape: [1, 4], data: [0, 0.3, 0.9, 1] }, 'value');
  });

  it('ends sigmoid and softmax with one operation, so that a loss can find the logits', () => {
    const x = { shape: [1, 2], data: [1, 2] };
    assert.equal(run('sigmoid', x, x).last, 'sigmoid');
    assert.equal(run('softmax', x, x).last, 'softmax');
    assert.equal(run({ class_name: 'Softmax', config: { axis: -1 } }, x, x).last, 'softmax');
  });

  it('leaves NaN what it is', () => {
    const shown = { shape: [1, 2], data: [NaN, 1] };
    for (const name of ['relu', 'sparse_plus', 'sparse_sigmoid', 'silu', 'gelu', 'hard_sigmoid', 'leaky_relu', 'elu']) {
      assert.ok(Number.isNaN(run(name, shown, shown).output.data[0]), name);
    }
  });

  const refusals: readonly [what: string, activation: Json, code: string][] = [
    ['a name that Keras does not have', 'swoosh', 'unsupported'],
    ['a name from the prototype', 'constructor', 'unsupported'],
    ['a layer with weights', { class_name: 'PReLU', config: {} }, 'unsupported'],
    ['a custom function', { class_name: 'function', config: 'mine', registered_name: 'a>mine' }, 'unsupported'],
    ['threshold without its numbers, as Keras', 'threshold', 'config-invalid'],
    ['a negative slope below zero', { class_name: 'LeakyReLU', config: { negative_slope: -1 } }, 'config-invalid'],
    ['a number', 3, 'config-invalid'],
  ];
  for (const [what, activation, code] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseActivation(activation, 'path/dense'), (error) => error instanceof SurgeryError && error.code === code && error.where?.startsWith('path/dense') === true);
    });
  }
});
