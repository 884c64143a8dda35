import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import { floatTensor } from '../../../../src/core/model/tensor';
import type { Tensors } from '../../../../src/core/ports';
import { feedSet, fileOrder, gatherBatch } from '../../../../src/core/run/batches';
import { predictModel } from '../../../../src/core/run/evaluate';
import { applyFreeze } from '../../../../src/core/surgery/flags';
import { exportOptimizer, importOptimizer } from '../../../../src/core/training/optimizerVariables';
import { resolveOptimizer } from '../../../../src/core/training/optimizers/registry';
import { programNames } from '../../../../src/core/training/scene';
import { buildStepProgram, movablePaths, type StepProgram } from '../../../../src/core/training/step';
import { modelVariables } from '../../../../src/core/training/variables';
import { decodeWeight } from '../../../../src/core/weights/decode';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';
import { fitModel, fitSet, goldenFit, tickingClock } from '../run/goldenFits';

interface Bench {
  readonly step: StepProgram;
  readonly weights: Tensors;
  readonly feed: Tensors;
}

/** One SGD step at rate 1 over the whole training set: a weight moves by its negated gradient. */
function bench(name: string): Bench {
  const fit = goldenFit(name);
  const model = fitModel(fit);
  const fed = feedSet(model, { set: fitSet(fit.train) });
  const optimizer = resolveOptimizer({ class_name: 'SGD', config: { learning_rate: 1 } }, 'optimizer');
  const step = buildStepProgram(model, { objective: fit.compile, optimizer, shapes: fed.shapes });
  const live = movablePaths(model);
  const weights = Object.fromEntries(modelVariables(model).filter(({ path }) => live.has(path)).map(({ path, weight }) => [programNames.weight(path), decodeWeight(weight)]));
  const rate = { [programNames.rate('learning_rate')]: floatTensor([], Float32Array.of(1)) };
  return { step, weights, feed: { ...gatherBatch(fed, fileOrder(fed.samples)), ...rate } };
}

describe('the gradient of the total loss, by finite differences', () => {
  // Constraints move weights beyond the gradient, so `regularized` is not among them; its loss is judged by Keras.
  for (const name of ['cnn_sgd', 'several_weighted', 'binary', 'sample_weights']) {
    it(name, async () => {
      const { step, weights, feed } = bench(name);
      const compiled = await new ReferenceEngine().compile(step.program);
      const lossAt = async (states: Tensors): Promise<number> => {
        compiled.writeState({ ...weights, ...states });
        return (await compiled.run([feed]))[0]['loss'].data[0];
      };
      await lossAt({});
      const after = await compiled.readState();
      for (const { path } of step.trainable) {
        const state = programNames.weight(path);
        const { shape, data } = weights[state];
        for (const place of [0, Math.floor(data.length / 2), data.length - 1]) {
          const width = 0.01;
          const nudged = (by: number): Tensors => ({ [state]: floatTensor(shape, Float32Array.from(data, (number, i) => number + (i === place ? by : 0))) });
          const slope = ((await lossAt(nudged(width))) - (await lossAt(nudged(-width)))) / (2 * width);
          const gradient = data[place] - after[state].data[place];
          assert.ok(Math.abs(gradient - slope) <= 2e-4 * Math.max(1, Math.abs(slope)), `${path}[${place}]: ${gradient}, by differences ${slope}`);
        }
      }
    });
  }
});

describe('the step program', () => {
  it('holds frozen weights as constants, trainable ones and slots as states', () => {
    const fit = goldenFit('cnn_sgd');
    const model = applyFreeze(fitModel(fit), ['conv', 'norm']);
    const { shapes } = feedSet(model, { set: fitSet(fit.train) });
    const optimizer = resolveOptimizer('adam', 'optimizer');
    const { program, live } = buildStepProgram(model, { objective: fit.compile, optimizer, shapes });
    assert.deepEqual(live, ['classes/kernel', 'classes/bias']);
    assert.deepEqual(program.states.map(({ name }) => name).sort(), [
      'slot/momentum/classes/bias', 'slot/momentum/classes/kernel', 'slot/velocity/classes/bias', 'slot/velocity/classes/kernel',
      'weight/classes/bias', 'weight/classes/kernel',
    ]);
  });

  it('refuses a model without a trainable weight', () => {
    const fit = goldenFit('sgd');
    const model = applyFreeze(fitModel(fit), ['hidden', 'classes']);
    const { shapes } = feedSet(model, { set: fitSet(fit.train) });
    const optimizer = resolveOptimizer('sgd', 'optimizer');
    assert.throws(() => buildStepProgram(model, { objective: fit.compile, optimizer, shapes }), (thrown) => thrown instanceof SurgeryError && thrown.code === 'nothing-to-train');
  });
});

describe('optimizer variables', () => {
  const fit = goldenFit('amsgrad');
  const trainable = modelVariables(fitModel(fit)).filter((variable) => variable.trainable);
  const optimizer = resolveOptimizer(fit.optimizer, 'optimizer');
  const saved = fit.optimizerVariables.map(({ shape, data }, index) => ({
    name: `variable ${index}`, shape, dtype: 'float32' as const, bytes: new Uint8Array(Float32Array.from(data).buffer),
  }));

  it("Keras' own are read, and written again in its order", () => {
    const state = importOptimizer(optimizer, trainable, saved);
    assert.equal(state.iteration, 3);
    const written = exportOptimizer(optimizer, trainable, state);
    assert.deepEqual(written.map(({ name }) => name).slice(0, 6), ['iteration', 'learning_rate', 'hidden_kernel_momentum', 'hidden_kernel_velocity', 'hidden_bias_momentum', 'hidden_bias_velocity']);
    assert.deepEqual([written[0].dtype, [...written[0].bytes]], ['int64', [3, 0, 0, 0, 0, 0, 0, 0]]);
    written.slice(1).forEach(({ bytes }, index) => assert.deepEqual(bytes, saved[index + 1].bytes));
  });

  it('those of another optimizer are refused', () => {
    const other = resolveOptimizer('sgd', 'optimizer');
    assert.throws(() => importOptimizer(other, trainable, saved), (thrown) => thrown instanceof SurgeryError && thrown.code === 'weight-mismatch');
  });
});

describe('optimizer settings', () => {
  const refuse = (config: object, code: string, where: string): void => {
    assert.throws(() => resolveOptimizer({ class_name: 'SGD', config }, 'optimizer'), (thrown) => {
      assert.ok(thrown instanceof SurgeryError);
      assert.deepEqual([thrown.code, thrown.where], [code, where]);
      return true;
    });
  };

  it('two kinds of clipping', () => refuse({ clipnorm: 1, clipvalue: 1 }, 'config-invalid', 'optimizer'));
  it('a momentum of 2', () => refuse({ momentum: 2 }, 'config-invalid', 'optimizer.momentum'));
  it('moving averages that move away', () => refuse({ use_ema: true, ema_momentum: 1.5 }, 'config-invalid', 'optimizer.ema_momentum'));
  it('averages laid over the weights every half step', () => refuse({ use_ema: true, ema_overwrite_frequency: 1.5 }, 'config-invalid', 'optimizer.ema_overwrite_frequency'));
  it('gradients accumulated over one step', () => refuse({ gradient_accumulation_steps: 1 }, 'config-invalid', 'optimizer.gradient_accumulation_steps'));
  it('a decay, which Keras 3 would ignore', () => refuse({ decay: 0.1 }, 'unsupported', 'optimizer.decay'));
  it('a schedule of another name', () => refuse({ learning_rate: { class_name: 'Mine', config: {} } }, 'unsupported', 'optimizer.learning_rate'));
  it('a schedule over no steps', () => refuse({ learning_rate: { class_name: 'ExponentialDecay', config: { initial_learning_rate: 1, decay_rate: 1, decay_steps: 0 } } }, 'config-invalid', 'optimizer.learning_rate.decay_steps'));

  it('the class name in any case, as in Keras; the defaults are those of Keras', () => {
    const { className, weightDecay, learningRate } = resolveOptimizer('ADAMW', 'optimizer');
    assert.deepEqual([className, weightDecay, learningRate.at(5)], ['AdamW', 0.004, 0.001]);
  });
});

describe('prediction', () => {
  it('gives the same for every batch size, and takes no targets', async () => {
    const fit = goldenFit('several');
    const model = fitModel(fit);
    const set = { ...fitSet(fit.validation), targets: {} };
    const predict = (batchSize: number): Promise<Tensors> => predictModel(model, set, { engine: new ReferenceEngine(), clock: tickingClock(), batchSize });
    const [whole, pieces] = [await predict(32), await predict(4)];
    assert.deepEqual(whole, pieces);
    assert.deepEqual(Object.entries(whole).map(([name, { shape }]) => [name, shape]), [['kind', [11, 3]], ['size', [11, 1]]]);
  });
});
