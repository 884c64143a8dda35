import assert from 'node:assert/strict';
import type { Plan } from '../../../src/core/plan/plan';
import { compileState, needsCompile } from '../../../src/extension/compileState';
import { operationText } from '../../../src/core/surgery/operationText';
import { classesFor, draftPlan, headFor, metricsFor, phasesFor, scaleFor } from '../../../src/extension/planDraft';
import { withSetting } from '../../../src/extension/planEdit';
import { planRows } from '../../../src/extension/planRows';
import { inspectionOf, layer, plan } from './fakeReader';

const same = { flags: 0, structure: false, settings: false };

describe('compile state', () => {
  it('says what changed', () => {
    assert.equal(compileState({ isCompiled: true, changedSinceCompile: same }), 'compiled');
    assert.equal(compileState({ isCompiled: true, changedSinceCompile: { ...same, flags: 4 } }), 'changed since compile: 4 flags');
    assert.equal(compileState({ isCompiled: true, changedSinceCompile: { flags: 1, structure: true, settings: true } }), 'changed since compile: 1 flag, layers, settings');
    assert.equal(compileState({ isCompiled: false, changedSinceCompile: same }), 'not compiled');
  });

  it('knows when a run has to compile', () => {
    assert.equal(needsCompile({ isCompiled: true, changedSinceCompile: same }), false);
    assert.equal(needsCompile({ isCompiled: true, changedSinceCompile: { ...same, structure: true } }), true);
    assert.equal(needsCompile({ isCompiled: false, changedSinceCompile: same }), true);
  });
});

describe('plan rows', () => {
  const rows = planRows({ model: 'm.keras', operations: plan.operations, plan, compileState: 'compiled' });

  it('show operations, compile state, phases and data', () => {
    assert.deepEqual(rows.map(({ label, description }) => [label, description]), [
      ['m.keras', 'model'], ['Operations', '1'], ['Compile', 'compiled'],
      ['phase 1', '4 epochs · freeze all but head'], ['phase 2', '16 epochs · freeze a, b and 1 more'], ['Data', 'train, test'],
    ]);
    assert.deepEqual(rows[5]?.children.map(({ description }) => description), ['x.npy · y.npy · take 200', 'image: a.npz#x · a.npz#y']);
  });

  it('lead each setting to its place in the plan', () => {
    assert.deepEqual(rows[3]?.children.map(({ label, description, edits }) => [label, description, edits?.join('.')]), [
      ['freeze', 'all but head', 'phases.0.freeze'], ['optimizer', 'SGD', 'phases.0.optimizer'],
      ['learning rate', '0.01', 'phases.0.optimizer.config.learning_rate'], ['epochs', '4', 'phases.0.epochs'], ['batch size', '32', 'phases.0.batchSize'],
    ]);
    // A list of layers is not edited by a click.
    assert.equal(rows[4]?.children[0]?.edits, undefined);
  });

  it('have an id each', () => {
    const ids = rows.flatMap((row) => [row, ...row.children]).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('say each operation in one line', () => {
    assert.equal(operationText({ op: 'setTrainable', layers: { from: 'a', to: 'b' }, trainable: false }), 'freeze: a to b');
    assert.equal(operationText({ op: 'rename', layer: 'a', name: 'c' }), 'rename: a to c');
    assert.equal(operationText({ op: 'replaceHead', units: 1, activation: 'sigmoid' }), 'replace head: Dense 1 sigmoid');
  });
});

describe('plan edits', () => {
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  const edited = (path: (string | number)[], value: unknown): Plan => JSON.parse(withSetting(text, path, value)) as Plan;

  it('change one value and leave the text around it', () => {
    assert.equal(withSetting(text, ['phases', 0, 'epochs'], 7), text.replace('"epochs": 4', '"epochs": 7'));
  });

  it('give an optimizer that is only named a config for its rate', () => {
    assert.deepEqual(edited(['phases', 1, 'optimizer', 'config', 'learning_rate'], 0.5).phases[1]?.optimizer, { class_name: 'Adam', config: { learning_rate: 0.5 } });
  });

  it('keep the rate when the optimizer changes', () => {
    assert.deepEqual(edited(['phases', 0, 'optimizer'], 'Adam').phases[0]?.optimizer, { class_name: 'Adam', config: { learning_rate: 0.01 } });
    assert.deepEqual(edited(['phases', 1, 'optimizer'], 'SGD').phases[1]?.optimizer, { class_name: 'SGD', config: {} });
  });

  it('refuse a place that the plan does not have', () => {
    assert.throws(() => withSetting(text, ['phases', 5, 'epochs'], 1), { code: 'usage' });
    assert.throws(() => withSetting(text, ['nothing', 'there'], 1), { code: 'usage' });
  });
});

describe('plan draft', () => {
  const inspection = inspectionOf({ operations: [] });
  const facts = { shape: [100], dtype: 'uint8', labels: null };

  it('chooses the head by the targets', () => {
    assert.deepEqual(headFor({ ...facts, labels: [5, 6] }), { units: 1, activation: 'sigmoid' });
    assert.deepEqual(headFor({ ...facts, labels: [0, 1, 2] }), { units: 3, activation: 'softmax' });
    assert.deepEqual(headFor({ ...facts, shape: [100, 4] }), { units: 4, activation: 'linear' });
  });

  it('numbers labels from 0 and scales bytes that nothing else scales', () => {
    assert.deepEqual(classesFor([6, 5]), { 5: 0, 6: 1 });
    assert.equal(classesFor([0, 1, 2]), undefined);
    assert.equal(scaleFor('uint8', inspection), 1 / 255);
    assert.equal(scaleFor('float32', inspection), undefined);
    assert.equal(scaleFor('uint8', { ...inspection, layers: [layer('r', { class: 'Rescaling' })] }), undefined);
  });

  it('takes the optimizer from the model, the rate of phase 2 a hundredth', () => {
    const compile = { loss: 'mse', metrics: [], optimizer: { class_name: 'Adam', config: { learning_rate: 0.0020000000949949026 } } };
    assert.deepEqual(phasesFor({ ...inspection, compile }).map(({ optimizer }) => optimizer), [
      { class_name: 'Adam', config: { learning_rate: 0.002 } }, { class_name: 'Adam', config: { learning_rate: 0.00002 } },
    ]);
    assert.deepEqual(phasesFor({ ...inspection, compile: null })[0]?.optimizer, { class_name: 'SGD', config: { learning_rate: 0.01 } });
  });

  it('puts the new head after what was done, with the loss that matches', () => {
    const drafted = draftPlan('m.keras', [{ op: 'setTrainable', layers: ['a'], trainable: false }], inspection, { data: plan.data, head: { units: 3, activation: 'softmax' } });
    assert.deepEqual(drafted.operations.map(({ op }) => op), ['setTrainable', 'replaceHead']);
    assert.deepEqual(drafted.compile, { loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] });
    assert.deepEqual(draftPlan('m.keras', [], inspection, { data: plan.data }).compile, { loss: 'mse', metrics: metricsFor('mse') });
  });
});
