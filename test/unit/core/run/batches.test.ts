import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import type { DataSet } from '../../../../src/core/data/dataSet';
import type { Model } from '../../../../src/core/model/model';
import { BatchRoom, feedSet, fileOrder, gatherBatch, splitBatches } from '../../../../src/core/run/batches';
import { weighClasses } from '../../../../src/core/run/classWeights';
import { fitModel, goldenFit } from './goldenFits';

/** A model that takes [batch, 5]. */
const model = fitModel(goldenFit('binary'));
const [input] = model.root.network.inputs;
const refusedAs = (code: string) => (thrown: unknown) => thrown instanceof SurgeryError && thrown.code === code;

function set(change: Partial<DataSet> = {}): DataSet {
  const inputs = { [input.name]: { shape: [3, 5], data: Uint8Array.from({ length: 15 }, (_, i) => i), scale: 0.5 } };
  return { samples: 3, inputs, targets: { yes: { shape: [3], data: Int32Array.of(0, 1, 1), scale: 1 } }, ...change };
}

describe('batches', () => {
  it('gathers rows in the order of the indices, scaled', () => {
    const batch = gatherBatch(feedSet(model, { set: set() }), Int32Array.of(2, 0));
    assert.deepEqual(batch[`input/${input.name}`], { dtype: 'float32', shape: [2, 5], data: Float32Array.of(5, 5.5, 6, 6.5, 7, 0, 0.5, 1, 1.5, 2) });
    assert.deepEqual(batch['target/yes'], { dtype: 'float32', shape: [2], data: Float32Array.of(1, 0) });
  });

  it('rows that follow one another are a view of the set, turned into float32 once', () => {
    const fed = feedSet(model, { set: set() });
    const [first, second] = [Int32Array.of(0, 1), Int32Array.of(2)].map((indices) => gatherBatch(fed, indices)[`input/${input.name}`].data);
    assert.deepEqual([...second], [5, 5.5, 6, 6.5, 7]);
    assert.equal(first.buffer, second.buffer);
    assert.equal(second.byteOffset, first.byteOffset + first.byteLength);
  });

  it('batches in a room lie one behind the other and do not disturb one another until it is emptied', () => {
    const fed = feedSet(model, { set: set() });
    const room = new BatchRoom();
    const take = (...indices: number[]) => gatherBatch(fed, Int32Array.from(indices), room)[`input/${input.name}`].data;
    const before = [take(2, 0), take(0, 2), take(1, 0), take(1, 2)];
    assert.deepEqual(before.map(([number]) => number), [5, 0, 2.5, 2.5]);
    room.empty();
    const [first, second] = [take(0, 2), take(2, 1)];
    assert.equal(first.buffer, second.buffer);
    assert.equal(second.byteOffset, first.byteOffset + first.byteLength);
    assert.deepEqual([...second], [5, 5.5, 6, 6.5, 7, 2.5, 3, 3.5, 4, 4.5]);
  });

  it('an integer input is fed integers', () => {
    const inputs = [{ ...input, dtype: 'int32' }];
    const whole: Model = { ...model, root: { ...model.root, network: { ...model.root.network, inputs } } };
    const data = { shape: [1, 5], data: Float32Array.of(1, 2, 3, 4, 5), scale: 1 };
    const batch = gatherBatch(feedSet(whole, { set: { samples: 1, inputs: { [input.name]: data }, targets: {} } }), Int32Array.of(0));
    assert.deepEqual(batch[`input/${input.name}`], { dtype: 'int32', shape: [1, 5], data: Int32Array.of(1, 2, 3, 4, 5) });
  });

  it('a last axis of size 1 may be too much, as in Keras', () => {
    const inputs = { [input.name]: { shape: [3, 5, 1], data: new Uint8Array(15), scale: 1 } };
    assert.deepEqual(feedSet(model, { set: set({ inputs }) }).shapes.inputs, { [input.name]: [5] });
  });

  it('the last batch is short', () => {
    assert.deepEqual(splitBatches(fileOrder(7), 3).map((batch) => [...batch]), [[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('refuses arrays of different lengths', () => {
    const targets = { yes: { shape: [2], data: Int32Array.of(0, 1), scale: 1 } };
    assert.throws(() => feedSet(model, { set: set({ targets }) }), refusedAs('data-mismatch'));
  });

  it('refuses an input that is missing, whatever objects inherit', () => {
    const inputs = [{ ...input, name: 'constructor' }];
    const odd: Model = { ...model, root: { ...model.root, network: { ...model.root.network, inputs } } };
    assert.throws(() => feedSet(odd, { set: set() }), refusedAs('data-mismatch'));
  });
});

describe('class weights', () => {
  it('weigh samples by their class; a class that is not named weighs 1', () => {
    assert.deepEqual(weighClasses(set(), { 1: 3 }).sampleWeights, { yes: Float32Array.of(1, 3, 3) });
  });

  it('multiply the weights that the set has', () => {
    const weighed = set({ sampleWeights: { yes: Float32Array.of(2, 4, 6) } });
    assert.deepEqual(weighClasses(weighed, { 0: 0.5 }).sampleWeights, { yes: Float32Array.of(1, 4, 6) });
  });

  it('take the largest of a one-hot row', () => {
    const targets = { yes: { shape: [2, 3], data: Float32Array.of(0, 0, 1, 1, 0, 0), scale: 1 } };
    assert.deepEqual(weighClasses(set({ samples: 2, targets }), { 0: 5, 2: 7 }).sampleWeights, { yes: Float32Array.of(7, 5) });
  });

  it('are refused for several outputs', () => {
    const { yes } = set().targets;
    assert.throws(() => weighClasses(set({ targets: { yes, no: yes } }), { 0: 1 }), refusedAs('unsupported'));
  });
});
