import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SurgeryError } from '../../../../src/core/errors';
import type { KerasObject } from '../../../../src/core/model/model';
import { floatTensor } from '../../../../src/core/model/tensor';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { BATCH } from '../../../../src/core/ops/shape';
import { softmax } from '../../../../src/core/ops/softmax';
import { sigmoid } from '../../../../src/core/ops/unary';
import { countedPlaces, reduceLoss, resolveLoss } from '../../../../src/core/training/losses/losses';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';
import type { GoldenTensor } from '../../../support/goldenNetworks';

interface LossCase {
  readonly loss: KerasObject;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
  readonly target: GoldenTensor;
  readonly x: GoldenTensor;
  readonly weights?: GoldenTensor;
  readonly value: number;
  readonly gradient: GoldenTensor;
}

const cases = JSON.parse(readFileSync(new URL('../../../keras/golden/training/losses.json', import.meta.url), 'utf8')) as LossCase[];
const activations: Record<LossCase['activation'], (x: Value) => Value> = { linear: (x) => x, sigmoid, softmax };

function declare(graph: Graph, name: string, { shape }: GoldenTensor): Value {
  return graph.input(name, { shape: [BATCH, ...shape.slice(1)], dtype: 'float32' });
}

async function compute({ loss: object, activation, target, x, weights }: LossCase): Promise<{ value: number; gradient: readonly number[] }> {
  const graph = new Graph();
  const [logits, truth] = [declare(graph, 'x', x), declare(graph, 'target', target)];
  const output = activations[activation](logits);
  const loss = resolveLoss(object, { target: truth, output }, 'compile.loss');
  const value = reduceLoss(loss.values(truth, output), loss.reduction, { weights: weights && declare(graph, 'weights', weights), mask: countedPlaces(loss, truth, undefined) });
  graph.output('value', value);
  graph.output('gradient', gradients(value, [logits])[0] ?? value);
  const compiled = await new ReferenceEngine().compile(graph.finish());
  const feed = ({ shape, data }: GoldenTensor): ReturnType<typeof floatTensor> => floatTensor(shape, Float32Array.from(data));
  const [result] = await compiled.run([{ x: feed(x), target: feed(target), ...(weights ? { weights: feed(weights) } : {}) }]);
  return { value: result['value'].data[0], gradient: [...result['gradient'].data] };
}

function assertClose(received: readonly number[], expected: readonly number[]): void {
  assert.equal(received.length, expected.length);
  received.forEach((number, index) => {
    const wanted = expected[index];
    assert.ok(Math.abs(number - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)), `[${index}]: ${number}, Keras has ${wanted}`);
  });
}

describe('losses', () => {
  it('has goldens', () => assert.ok(cases.length > 30));

  cases.forEach((golden, index) => {
    const { loss, activation, weights, target } = golden;
    it(`${index}: ${JSON.stringify(loss)} of ${activation}, targets [${target.shape.join(', ')}]${weights ? ', weighed' : ''}: value and gradient as Keras`, async () => {
      const { value, gradient } = await compute(golden);
      assertClose([value], [golden.value]);
      assertClose(gradient, golden.gradient.data);
    });
  });

  describe('what cannot be meant', () => {
    const compared = { target: { shape: [BATCH, 3], dtype: 'float32' }, output: { shape: [BATCH, 3], dtype: 'float32' } } as const;
    const refuse = (loss: KerasObject, code: string, where?: string): void => {
      assert.throws(() => resolveLoss(loss, compared, 'compile.loss'), (thrown) => {
        assert.ok(thrown instanceof SurgeryError);
        assert.equal(thrown.code, code);
        if (where !== undefined) assert.equal(thrown.where, where);
        return true;
      });
    };

    it('a loss of another name', () => refuse('cubist', 'unsupported'));
    it('a loss of all pairs of a batch', () => refuse({ class_name: 'Circle', config: {} }, 'unsupported', 'compile.loss'));
    it('a generalized cross-entropy of q 1', () => refuse({ class_name: 'CategoricalGeneralizedCrossEntropy', config: { q: 1 } }, 'config-invalid', 'compile.loss.q'));
    it('the name of something every object has', () => refuse('constructor', 'unsupported'));
    it('another reduction', () => refuse({ class_name: 'MeanSquaredError', config: { reduction: 'none' } }, 'config-invalid', 'compile.loss.reduction'));
    it('label smoothing of 2', () => refuse({ class_name: 'BinaryCrossentropy', config: { label_smoothing: 2 } }, 'config-invalid'));
    it('an ignored class that is no number', () => refuse({ class_name: 'SparseCategoricalCrossentropy', config: { ignore_class: 'sky' } }, 'config-invalid', 'compile.loss.ignore_class'));

    it('targets of another shape than the output', () => {
      const graph = new Graph();
      const output = graph.input('output', { shape: [BATCH, 3], dtype: 'float32' });
      const target = graph.input('target', { shape: [BATCH, 2], dtype: 'float32' });
      const { values } = resolveLoss('mse', { target, output }, 'compile.loss');
      assert.throws(() => values(target, output), (thrown) => thrown instanceof SurgeryError && thrown.code === 'data-mismatch');
    });
  });

  it('crossentropy chooses by the shapes', () => {
    const kindOf = (target: readonly number[], output: readonly number[]): string =>
      resolveLoss('crossentropy', { target: { shape: [BATCH, ...target], dtype: 'float32' }, output: { shape: [BATCH, ...output], dtype: 'float32' } }, '').kind;
    assert.equal(kindOf([], [1]), 'binary_crossentropy');
    assert.equal(kindOf([], [3]), 'sparse_categorical_crossentropy');
    assert.equal(kindOf([1], [3]), 'sparse_categorical_crossentropy');
    assert.equal(kindOf([3], [3]), 'categorical_crossentropy');
  });
});
