import assert from 'node:assert/strict';
import type { RunEvent, RunEventBody } from '../../../src/core/run/events';
import { plainText, toTell } from '../../../src/extension/commands/errorText';
import { SurgeryError } from '../../../src/core/errors';
import { histogramText, layerDescription, layerState, pullText, pullWords, weightDescription, weightFigures } from '../../../src/extension/layerText';
import { outcomeOf, parseEvents, runName } from '../../../src/extension/runLog';
import { requireTrust } from '../../../src/extension/trust';
import type { WeightStatistics } from '../../../src/protocol/workerCalls';
import { layer } from './fakeReader';

const weight: WeightStatistics = { name: 'kernel', shape: [100, 1], dtype: 'float32', sampled: null, mean: 0.012345, std: 0.09876, norm: 0.9953, min: -1, max: 1, zeros: 0, nan: 0, inf: 0, histogram: { from: -1, to: 1, counts: [1, 0, 100, 50] } };

describe('texts of layers', () => {
  it('say how much of a nested model is trainable, and who freezes a layer', () => {
    const inside = [layer('n/a'), layer('n/b', { trainable: false, effectiveTrainable: false })];
    assert.equal(layerDescription(layer('n', { class: 'Functional', parameters: 12345 }), inside), 'Functional · (None, 1) · 12,345 parameters · 1 of 2 trainable');
    const frozen = layer('n/a', { effectiveTrainable: false, frozenBecause: 'frozen by n' });
    assert.equal(layerDescription(frozen, []), 'Dense · (None, 1) · 2 parameters · frozen by n');
    assert.equal(layerState(frozen), 'Frozen: frozen by n');
    assert.equal(layerState(layer('x', { opaque: 'a Lambda' })), 'Cannot be run: a Lambda');
  });

  it('say a weight with what is not finite', () => {
    assert.equal(weightDescription(weight), '(100, 1) · 0.0123 ± 0.0988');
    assert.equal(weightDescription({ ...weight, nan: 2, inf: 1 }), '(100, 1) · 0.0123 ± 0.0988 · 2 NaN · 1 Inf');
  });

  it('say all that is counted of a weight', () => {
    assert.equal(weightFigures({ ...weight, zeros: 1234, nan: 2 }), 'mean 0.01235  std 0.09876  min -1.000  max 1.000  norm 0.9953\nzeros 1,234  NaN 2  Inf 0');
  });

  it('say how much the new data pulls a layer, in blocks and in words', () => {
    const pull = { path: 'a', relativeGradient: 0.00312, gradientNorm: 1, weightNorm: 1, isHead: false, freeze: true };
    assert.equal(pullText(pull, 0.00624), '███░░░ 3.1e-3');
    assert.equal(pullText({ ...pull, relativeGradient: 0 }, 0), '░░░░░░ 0.0e+0');
    assert.equal(pullWords(pull, 0.0312), 'relative gradient 3.1e-3, 10 percent of the largest, proposed to freeze');
    assert.equal(pullWords({ ...pull, freeze: false, isHead: true }, 0.00312), 'relative gradient 3.1e-3, 100 percent of the largest, the head');
  });

  it('draw a histogram in which one value still shows', () => {
    assert.equal(histogramText(weight.histogram), '-1.00 ▁ █▄ 1.00');
    assert.equal(histogramText({ from: 0, to: 0, counts: [] }), '0.00  0.00');
  });
});

describe('run logs', () => {
  const event = (body: RunEventBody): RunEvent => ({ ...body, seq: 0, time: 't' });

  it('are read up to a line that a crash cut off', () => {
    assert.equal(parseEvents('{"seq":0}\n{"seq":1}\n{"se').length, 2);
    assert.deepEqual(parseEvents(''), []);
  });

  it('tell what became of the run', () => {
    const result = event({ type: 'result', test: { loss: 0.123456, accuracy: 0.975 }, samples: 1, seconds: 1, best: null });
    assert.equal(outcomeOf([result, event({ type: 'saved', path: '', sha256: '' })]), 'test loss 0.1235, accuracy 0.975');
    assert.equal(outcomeOf([event({ type: 'stopped', reason: 'x', phase: 2, epoch: 1 })]), 'stopped in phase 2');
    assert.equal(outcomeOf([event({ type: 'failed', error: { code: 'internal', message: 'broken' } })]), 'failed: broken');
    assert.equal(outcomeOf([]), 'not finished');
  });

  it('lie in folders whose names sort by time', () => {
    assert.equal(runName(new Date(0)), '1970-01-01T00-00-00-000Z');
  });
});

describe('what commands say when they fail', () => {
  it('carries where, expected and received', () => {
    const told = toTell(new SurgeryError('usage', 'Wrong', { where: 'x', expected: 'a', received: 'b', cause: 1 }));
    assert.deepEqual([told.code, told.message], ['usage', 'Wrong (x; expected a; received b)']);
    assert.equal(toTell(new Error('odd')).code, 'internal');
  });

  it('makes no link of a name', () => {
    assert.equal(plainText('[a](command:b)'), '[a] (command:b)');
  });

  it('is not-trusted in Restricted Mode', () => {
    assert.throws(() => requireTrust(false, 'Training'), { code: 'not-trusted', message: /^Training needs a trusted workspace/ });
    assert.doesNotThrow(() => requireTrust(true, 'Training'));
  });
});
