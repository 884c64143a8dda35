import assert from 'node:assert/strict';
import { readCompileConfig, writeCompileConfig } from '../../../../src/core/formats/compileConfig';
import { parsePythonJson, writePythonJson } from '../../../../src/core/formats/pythonJson';
import { modernTrainingConfig } from '../../../../src/core/formats/legacyTraining';
import { isJsonObject } from '../../../../src/core/model/json';
import type { CompileSettings } from '../../../../src/core/model/model';
import { resolveOptimizer } from '../../../../src/core/training/optimizers/registry';

function settings(config: Record<string, number | boolean>): CompileSettings {
  return { loss: 'mse', metrics: ['mae'], optimizer: { class_name: 'SGD', config } };
}

describe('compile settings as Keras reads them', () => {
  it('are floats where Keras takes nothing else', () => {
    const text = writePythonJson(writeCompileConfig(settings({ learning_rate: 0, momentum: 1, nesterov: false, weight_decay: 0.5 }), null));
    assert.match(text, /"learning_rate": 0\.0, "momentum": 1\.0, "nesterov": false, "weight_decay": 0\.5/);
  });

  it('say where Keras finds a schedule', () => {
    const schedule = { class_name: 'ExponentialDecay', config: { initial_learning_rate: 1, decay_steps: 100, decay_rate: 0.5 } };
    const text = writePythonJson(writeCompileConfig({ loss: 'mse', metrics: [], optimizer: { class_name: 'SGD', config: { learning_rate: schedule } } }, null));
    assert.match(text, /"learning_rate": \{"module": "keras\.optimizers\.schedules", .*"initial_learning_rate": 1\.0, "decay_steps": 100,/);
  });

  it('stay as the file wrote them where they are the same', () => {
    const raw = parsePythonJson('{"optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 1e-02, "momentum": 0.0}}, "loss": "mse", "metrics": ["mae"], "loss_weights": null, "auto_scale_loss": true}', 'config');
    assert.ok(isJsonObject(raw));
    const read = readCompileConfig(raw);
    assert.ok(read);
    assert.equal(writePythonJson(writeCompileConfig(read, raw)), writePythonJson(raw));
  });

  it('keep weighted metrics, and how Keras is to run', () => {
    const raw = { optimizer: 'sgd', loss: 'mse', metrics: ['mae'], weighted_metrics: { head: ['mse'] }, jit_compile: true, steps_per_execution: 4 };
    const read = readCompileConfig(raw);
    assert.deepEqual(read?.weightedMetrics, { head: ['mse'] });
    const { weighted_metrics: weighted, jit_compile: jit, steps_per_execution: steps } = writeCompileConfig({ ...read, loss: 'mae' }, { jit_compile: true, steps_per_execution: 4 });
    assert.deepEqual([weighted, jit, steps], [{ head: ['mse'] }, true, 4]);
  });

  it('say where Keras finds an optimizer inside another', () => {
    const inner = { class_name: 'Adam', config: { learning_rate: 1 } };
    const text = writePythonJson(writeCompileConfig({ loss: 'mse', metrics: [], optimizer: { class_name: 'LossScaleOptimizer', config: { inner_optimizer: inner } } }, null));
    assert.match(text, /"inner_optimizer": \{"module": "keras\.optimizers", .*"learning_rate": 1\.0/);
  });

  it('turn the decay of Keras 2 into a schedule', () => {
    const modern = modernTrainingConfig({ optimizer_config: { class_name: 'SGD', config: { learning_rate: 0.1, decay: 0.5 } }, loss: 'mse', metrics: [] });
    const rate = resolveOptimizer(readCompileConfig(modern)?.optimizer, 'optimizer').learningRate;
    assert.deepEqual([rate.at(0), rate.at(2)], [0.1, 0.05]);
  });

  it('are none where the model was not compiled', () => {
    assert.equal(readCompileConfig(null), null);
  });
});
