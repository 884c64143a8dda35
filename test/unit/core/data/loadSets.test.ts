import assert from 'node:assert/strict';
import { arrayInMemory, type DataArray } from '../../../../src/core/data/dataArray';
import type { NumberArray } from '../../../../src/core/data/elements';
import { loadSet, loadSets, type LoadOptions } from '../../../../src/core/data/loadSets';
import { readArray, readArrays, splitReference } from '../../../../src/core/data/readArrays';
import { SurgeryError } from '../../../../src/core/errors';
import { writeZip } from '../../../../src/core/formats/writeZip';
import type { Model } from '../../../../src/core/model/model';
import type { DataSetPlan } from '../../../../src/core/plan/plan';

const code = (expected: string, where?: string) => (thrown: unknown): boolean =>
  thrown instanceof SurgeryError && thrown.code === expected && (where === undefined || thrown.where === where);

/** A model as far as loading looks: names of its inputs and outputs. */
function modelOf(inputs: readonly string[], outputs: readonly string[]): Model {
  const ends = (names: readonly string[]): readonly { name: string; shape: readonly (number | null)[] }[] => names.map((name) => ({ name, shape: [null] }));
  return { root: { network: { inputs: ends(inputs), outputs: ends(outputs) } } } as unknown as Model;
}

const arrays: Readonly<Record<string, NumberArray>> = {
  x: { shape: [6, 2], dtype: 'uint8', data: Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51) },
  y: { shape: [6], dtype: 'uint8', data: Uint8Array.of(5, 6, 7, 5, 6, 7) },
  w: { shape: [6], dtype: 'float32', data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  short: { shape: [5], dtype: 'uint8', data: new Uint8Array(5) },
  scalar: { shape: [], dtype: 'uint8', data: Uint8Array.of(1) },
  none: { shape: [0], dtype: 'uint8', data: new Uint8Array(0) },
};
const options = (model = modelOf(['in'], ['out']), seed = 0): LoadOptions => ({ model, seed, labelsOf: { inputs: 'x', targets: 'y' }, open: (name) => Promise.resolve(arrayInMemory(arrays[name])) });
const load = (plan: Partial<DataSetPlan>, given = options()) => loadSet({ inputs: 'x', targets: 'y', ...plan }, 'data.train', given);

describe('loading a set', () => {
  it('keys the arrays by the names of the model, the scale not yet applied', async () => {
    const set = await load({ scale: 0.5, sampleWeights: 'w' });
    assert.deepEqual(set, {
      samples: 6, inputs: { in: { ...pick('x'), scale: 0.5 } }, targets: { out: { ...pick('y'), scale: 1 } }, sampleWeights: { out: arrays.w.data },
    });
  });

  it('keeps classes and maps them, with what belongs to each sample', async () => {
    const set = await load({ classes: { 5: 0, 7: 1 }, sampleWeights: 'w' });
    assert.deepEqual([set.samples, [...set.targets.out.data], [...set.inputs.in.data], [...(set.sampleWeights?.out ?? [])]],
      [4, [0, 1, 0, 1], [0, 1, 20, 21, 30, 31, 50, 51], [0, 2, 3, 5]]);
    assert.deepEqual((await load({ classes: { 6: 0.5 } })).targets.out.data, Float32Array.of(0.5, 0.5));
    await assert.rejects(load({ classes: { 1: 0 } }), code('data-mismatch', 'data.train.classes'));
    await assert.rejects(load({ classes: { five: 0, 6: 1 } }), code('plan-invalid', 'data.train.classes.five'));
  });

  it('numbers words as the training set does, and maps them by name', async () => {
    const [trained, tested] = [['ant', 'bee', 'cat'], ['bee', 'cat', 'dog']];
    const coded = (words: readonly string[], ...codes: readonly number[]): DataArray => arrayInMemory({ shape: [codes.length], dtype: 'int32', data: Int32Array.from(codes), words });
    const sets: Readonly<Record<string, DataArray>> = { x: arrayInMemory(arrays.x), train: coded(trained, 0, 1, 2, 0, 1, 2), fewer: coded(tested.slice(0, 2), 0, 1, 1, 0, 1, 1), other: coded(tested, 0, 1, 2, 0, 1, 2) };
    const given = { ...options(), labelsOf: { inputs: 'x', targets: 'train' }, open: (name: string) => Promise.resolve(sets[name]) };
    const labels = async (targets: string, plan: Partial<DataSetPlan> = {}): Promise<readonly number[]> => [...(await loadSet({ inputs: 'x', targets, ...plan }, 'data.test', given)).targets.out.data];
    assert.deepEqual([await labels('train'), await labels('fewer')], [[0, 1, 2, 0, 1, 2], [1, 2, 2, 1, 2, 2]]);
    await assert.rejects(labels('other'), code('data-mismatch', 'data.test.targets'));
    assert.deepEqual(await labels('other', { classes: { dog: 7, bee: 0.5 } }), [0.5, 7, 0.5, 7]);
  });

  it('draws by the seed, without replacement, in the order of the file', async () => {
    const drawn = async (seed: number): Promise<readonly number[]> => [...((await load({ take: 3, sampleWeights: 'w' }, options(undefined, seed))).sampleWeights?.out ?? [])];
    const first = await drawn(0);
    assert.deepEqual(first, [...new Set(first)].sort());
    assert.equal(first.length, 3);
    assert.deepEqual(await drawn(0), first);
    const others = await Promise.all([1, 2, 3, 4, 5].map(drawn));
    assert.ok(others.some((other) => String(other) !== String(first)));
    assert.equal((await load({ take: 6 })).samples, 6);
    const few = await load({ take: 2, classes: { 6: 0, 7: 1 }, sampleWeights: 'w' }, options(undefined, 1));
    const rows = [...(few.sampleWeights?.out ?? [])];
    assert.deepEqual([...few.inputs.in.data], rows.flatMap((row) => [row * 10, row * 10 + 1]), 'each draw among the kept samples');
    assert.deepEqual([...few.targets.out.data], rows.map((row) => row % 3 - 1));
    await assert.rejects(load({ take: 7 }), code('data-mismatch', 'data.train.take'));
    await assert.rejects(load({ take: 3, classes: { 5: 0 } }), code('data-mismatch', 'data.train.take'));
  });

  it('takes several inputs and outputs by name', async () => {
    const given = options(modelOf(['a', 'b'], ['c', 'd']));
    const set = await load({ inputs: { b: 'x', a: 'w' }, targets: { d: 'y' } }, given);
    assert.deepEqual([Object.keys(set.inputs), Object.keys(set.targets)], [['b', 'a'], ['d']]);
    await assert.rejects(load({ targets: { d: 'y' } }, given), code('data-mismatch', 'data.train.inputs'));
    await assert.rejects(load({ inputs: { a: 'x', constructor: 'x' }, targets: { d: 'y' } }, given), code('data-mismatch', 'data.train.inputs'));
  });

  it('refuses arrays that do not belong together', async () => {
    await assert.rejects(load({ targets: 'short' }), code('data-mismatch', 'data.train'));
    await assert.rejects(load({ inputs: 'scalar' }), code('data-mismatch', 'data.train.inputs'));
    await assert.rejects(load({ inputs: 'none', targets: 'none' }), code('data-mismatch', 'data.train'));
    await assert.rejects(load({ sampleWeights: 'x' }), code('data-mismatch', 'data.train.sampleWeights'));
  });

  it('loads the sets that a plan has', async () => {
    const set = { inputs: 'x', targets: 'y' };
    assert.deepEqual(Object.keys(await loadSets({ train: set, test: set }, options())), ['train', 'test']);
  });
});

function pick(name: string): Pick<NumberArray, 'shape' | 'data'> {
  return { shape: arrays[name].shape, data: arrays[name].data };
}

describe('data files', () => {
  const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9);
  const header = `${"{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`;
  const npy = (a: number, b: number): Uint8Array => Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0, ...Buffer.from(header), a, b]);
  const npz = writeZip({ 'x.npy': npy(1, 2), 'y.npy': npy(3, 4) });

  it('are told by what they hold', () => {
    assert.deepEqual([...readArray(idx, 'f').data], [7, 8, 9]);
    assert.deepEqual([...readArray(npy(1, 2), 'f.npy').data], [1, 2]);
    assert.deepEqual([...readArray(npz, 'f.npz#y').data], [3, 4]);
    assert.deepEqual(readArrays(npz, 'f.npz').map(({ member }) => member), ['x', 'y']);
  });

  it('name their members where a reference does not fit', () => {
    const names = (thrown: unknown): boolean => code('data-mismatch')(thrown) && (thrown as SurgeryError).expected === 'one of #x, #y';
    assert.throws(() => readArray(npz, 'f.npz#z'), names);
    assert.throws(() => readArray(npz, 'f.npz'), names);
    assert.throws(() => readArray(idx, 'f#x'), code('data-mismatch'));
    assert.throws(() => readArray(Uint8Array.of(1, 2, 3, 4), 'f'), code('data-broken', 'f'));
    assert.deepEqual([splitReference('a#b/c.npy'), splitReference('a.npz#x'), splitReference('a#')], [
      { path: 'a#b/c.npy', member: null }, { path: 'a.npz', member: 'x' }, { path: 'a#', member: null }]);
  });
});
