import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import { batchNorm } from '../../../../src/core/ops/batchNorm';
import { batchSize } from '../../../../src/core/ops/batchSize';
import { add, div, mul } from '../../../../src/core/ops/binary';
import { cast } from '../../../../src/core/ops/cast';
import { gradients } from '../../../../src/core/ops/gradients';
import { Graph } from '../../../../src/core/ops/graph';
import { matmul } from '../../../../src/core/ops/matmul';
import { operations } from '../../../../src/core/ops/operations';
import { maxPool } from '../../../../src/core/ops/pool';
import { argMax, sum } from '../../../../src/core/ops/reduce';
import { opNames, type OpName } from '../../../../src/core/ops/registry';
import { BATCH } from '../../../../src/core/ops/shape';
import { exp, sign, tanh } from '../../../../src/core/ops/unary';
import { gradientCases } from './gradientCases';
import { checkGradient } from './gradientCheck';

/** No gradient passes: whole numbers, truth values, steps. */
const WITHOUT_GRADIENT: readonly OpName[] = [
  'sign', 'floor', 'greater', 'greaterEqual', 'equal', 'logicalAnd', 'cast', 'oneHot', 'batchSize', 'argMax', 'argSort',
];
/** Themselves gradients, and not differentiated again. */
const REFUSING_GRADIENT: readonly OpName[] = ['maxPoolGrad', 'batchNormGrad'];

describe('gradients of operations', () => {
  it('are checked, or refused, or said not to exist, for every operation', () => {
    const held = [...Object.keys(gradientCases), ...WITHOUT_GRADIENT, ...REFUSING_GRADIENT];
    assert.deepEqual(held.sort(), [...opNames].sort());
    assert.deepEqual(Object.keys(operations).sort(), [...opNames].sort());
    for (const name of opNames) {
      assert.equal(operations[name].name, name);
      assert.equal(operations[name].differentiable === false, WITHOUT_GRADIENT.includes(name), name);
    }
  });

  for (const name of opNames) {
    const cases = gradientCases[name] ?? [];
    cases.forEach((checked) => {
      it(`${name} agrees with central differences: ${checked.what}`, () => checkGradient(name, checked));
    });
  }
});

const vector = { shape: [BATCH, 3], dtype: 'float32' } as const;

describe('gradients()', () => {
  it('is undefined where the loss does not depend on a value', () => {
    const graph = new Graph();
    const x = graph.input('x', vector);
    const unused = graph.input('unused', vector);
    const [dx, dUnused] = gradients(sum(exp(x)), [x, unused]);
    assert.ok(dx);
    assert.equal(dUnused, undefined);
  });

  it('does not pass steps, whole numbers and batch sizes', () => {
    const graph = new Graph();
    const x = graph.input('x', vector);
    const steps = sum(sign(x));
    const index = sum(cast(argMax(x, 1), 'float32'));
    assert.deepEqual(gradients(add(add(steps, index), batchSize(x)), [x]), [undefined]);
  });

  it('leaves whole numbers without one', () => {
    const graph = new Graph();
    const ids = graph.input('ids', { shape: [BATCH], dtype: 'int32' });
    assert.deepEqual(gradients(sum(cast(ids, 'float32')), [ids]), [undefined]);
  });

  it('gives intermediate values theirs, and 1 to the loss itself', () => {
    const graph = new Graph();
    const x = graph.input('x', vector);
    const hidden = mul(x, 2);
    const loss = sum(hidden);
    const [dLoss, dHidden, dx] = gradients(loss, [loss, hidden, x]);
    assert.deepEqual(dLoss, graph.scalar(1));
    assert.ok(dHidden && dx);
  });

  it('writes nothing for what is not wanted', () => {
    const graph = new Graph();
    const x = graph.input('x', { shape: [BATCH, 4], dtype: 'float32' });
    const frozen = graph.input('frozen', { shape: [4, 5], dtype: 'float32' });
    const kernel = graph.input('kernel', { shape: [5, 2], dtype: 'float32' });
    const loss = sum(matmul(tanh(matmul(x, frozen)), kernel));
    const before = graph.nodes.length;
    gradients(loss, [kernel]);
    const written = graph.nodes.slice(before).map(({ op }) => op.name);
    assert.deepEqual(written, ['broadcastTo', 'matmul']);
  });

  it('refuses a loss with axes', () => {
    const graph = new Graph();
    const x = graph.input('x', vector);
    assert.throws(() => gradients(x, [x]), (error) => error instanceof SurgeryError && error.code === 'shape-mismatch');
  });

  it('refuses the gradient of batch statistics', () => {
    const graph = new Graph();
    const x = graph.input('x', vector);
    const ones = graph.input('gamma', { shape: [3], dtype: 'float32' });
    const [y, mean] = batchNorm(x, ones, ones, { axis: 1, epsilon: 1e-3 });
    const loss = add(sum(y), sum(mean));
    assert.throws(() => gradients(loss, [x]), (error) => error instanceof SurgeryError && error.code === 'unsupported');
  });

  for (const name of REFUSING_GRADIENT) {
    it(`refuses to differentiate ${name}`, () => {
      const graph = new Graph();
      const x = graph.input('x', { shape: [BATCH, 4, 3], dtype: 'float32' });
      const gamma = graph.input('gamma', { shape: [3], dtype: 'float32' });
      const y = name === 'maxPoolGrad'
        ? maxPool(x, { size: [2], strides: [2], padding: [[0, 0]] })
        : batchNorm(x, gamma, gamma, { axis: 2, epsilon: 1e-3 })[0];
      const [dx] = gradients(sum(div(exp(y), 2)), [x]);
      assert.ok(dx);
      assert.ok(graph.nodes.some(({ op }) => op.name === name));
      assert.throws(() => gradients(sum(dx), [x]), (error) => error instanceof SurgeryError && error.where === name);
    });
  }
});
