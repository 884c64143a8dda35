import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withHdf5 } from '../../../../src/core/formats/hdf5Door';
import { hdf5Library } from '../../../../src/core/formats/hdf5Library';
import type { StoredTensor } from '../../../../src/core/formats/storedTensor';
import { bytesPerElement, decodeNumbers } from '../../../../src/core/weights/decode';
import { projectRoot } from '../../../support/cached';
import { readModel, sourceOf } from '../../../support/memorySource';
import { lookup3 } from '../../../../src/core/formats/hdf5Messages';
import { writeHdf5, type Hdf5Item } from '../../../../src/core/formats/hdf5Write';
import { sizeOf, type StoredDType } from '../../../../src/core/model/tensor';

const dtypes: readonly StoredDType[] = [
  'float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool',
];

function tensor(dtype: StoredDType, shape: readonly number[]): StoredTensor {
  return { dtype, shape, bytes: Uint8Array.from({ length: sizeOf(shape) * bytesPerElement(dtype) }, (_, index) => (dtype === 'bool' ? index % 2 : (index * 7) % 61)) };
}

const dataset = (path: string, value: StoredTensor): Hdf5Item => ({
  path, kind: 'dataset', tensor: value, attributes: value.dtype === 'bfloat16' ? { dtype: 'bfloat16' } : {},
});

describe('HDF5 files', () => {
  for (const dtype of dtypes) {
    it(`hold ${dtype} of any rank`, async () => {
      const shapes = [[], [3], [2, 0, 4], [2, 3, 1, 2]];
      const bytes = await writeHdf5(shapes.map((shape) => dataset(`rank ${shape.length}/größe`, tensor(dtype, shape))));
      await withHdf5(sourceOf(bytes, 'test'), 'test.h5', (file) => {
        for (const shape of shapes) assert.deepEqual(file.tensor(`/rank ${shape.length}/größe`), tensor(dtype, shape));
      });
    });
  }

  it('hold attributes: texts of any length, numbers, lists', async () => {
    const attributes = { text: 'größe', long: 'x'.repeat(300_000), empty: '', whole: -5, real: 0.25, list: ['ab', 'ß', ''], none: [] };
    const bytes = await writeHdf5([{ path: '/', kind: 'group', attributes }, { path: 'g', kind: 'group', attributes: { name: 'of a group' } }]);
    await withHdf5(sourceOf(bytes, 'test'), 'test.h5', (file) => {
      for (const [name, value] of Object.entries(attributes)) assert.deepEqual(file.attribute('/', name), value, name);
      assert.equal(file.attribute('g', 'name'), 'of a group');
      assert.equal(file.attribute('g', 'missing'), undefined);
    });
  });

  it('are equal bytes for equal items', async () => {
    const items = [dataset('a/b', tensor('float32', [4])), { path: 'a', kind: 'group', attributes: { name: 'a' } } as const];
    assert.deepEqual(await writeHdf5(items), await writeHdf5(items));
  });

  it('say what is in them', async () => {
    const bytes = await writeHdf5([dataset('a/b', tensor('int8', [1])), { path: 'a/c', kind: 'group' }]);
    await withHdf5(sourceOf(bytes, 'test'), 'test.h5', (file) => {
      assert.deepEqual(file.members('/a'), [{ name: 'b', kind: 'dataset' }, { name: 'c', kind: 'group' }]);
      assert.deepEqual(file.members('a/c'), []);
      assert.deepEqual(['a', 'a/b', '/', 'a/d', 'a/b/c', 'x/y'].map((path) => file.has(path)), [true, true, true, false, false, false]);
      assert.throws(() => file.members('a/b'), { code: 'format-broken' });
      assert.throws(() => file.tensor('a'), { code: 'format-broken' });
      assert.throws(() => file.tensor('../a'), { code: 'format-hostile' });
    });
  });

  it('give copies: nothing that is read changes later', async () => {
    const bytes = await writeHdf5([dataset('a', tensor('float32', [4]))]);
    const read = await withHdf5(sourceOf(bytes, 'test'), 'test.h5', (file) => file.tensor('a'));
    bytes.fill(255);
    await withHdf5(sourceOf(await writeHdf5([dataset('a', tensor('uint8', [4096]))]), 'test'), 'other.h5', (file) => file.tensor('a'));
    assert.deepEqual(read, tensor('float32', [4]));
  });

  it('are closed when their reader throws, a hundred times over', async () => {
    const bytes = await writeHdf5([dataset('a', tensor('float32', [1000]))]);
    for (let round = 0; round < 100; round++) {
      await assert.rejects(withHdf5(sourceOf(bytes, 'test'), 'test.h5', () => { throw new Error('of the reader'); }), /of the reader/);
      await assert.rejects(withHdf5(sourceOf(bytes.subarray(0, 60), 'test'), 'cut.h5', (file) => file.members('/')), { code: 'format-broken' });
    }
    assert.equal(await withHdf5(sourceOf(bytes, 'test'), 'test.h5', (file) => file.tensor('a').bytes.length), 4000);
  });

  it('is read by another library after one that failed: damage may stay in its memory', async () => {
    const bytes = await writeHdf5([dataset('a', tensor('float32', [10]))]);
    const before = await hdf5Library();
    await withHdf5(sourceOf(bytes, 'test'), 'test.h5', (file) => file.tensor('a'));
    assert.equal(await hdf5Library(), before);
    await assert.rejects(withHdf5(sourceOf(bytes.subarray(0, 60), 'test'), 'cut.h5', (file) => file.members('/')));
    assert.notEqual(await hdf5Library(), before);
  });

  it('refuse items that contradict themselves', async () => {
    await assert.rejects(writeHdf5([dataset('a', { ...tensor('float32', [4]), shape: [5] })]), { code: 'internal' });
    await assert.rejects(writeHdf5([dataset('a', tensor('float32', [4])), dataset('a', tensor('float32', [4]))]), { code: 'internal' });
    await assert.rejects(writeHdf5([dataset('a', tensor('float32', [4])), dataset('a/b', tensor('float32', [4]))]), { code: 'internal' });
  });

  it('carry the checksum of Jenkins', () => {
    // lookup3.c, driver5: the empty text, and "Four score and seven years ago" with initial value 0
    assert.equal(lookup3(new Uint8Array(0)), 0xdeadbeef);
    assert.equal(lookup3(new TextEncoder().encode('Four score and seven years ago')), 0x17770551);
  });

  it('reads bfloat16 that Keras wrote into an .h5 without saying so', async () => {
    const model = await readModel(sourceOf(readFileSync(join(projectRoot, 'test/keras/golden/bfloat16.h5')), 'bfloat16.h5'));
    const [{ weights }] = model.root.network.layers.filter(({ name }) => name === 'brain');
    assert.deepEqual(weights.map(({ name, dtype }) => [name, dtype]), [['kernel', 'bfloat16'], ['bias', 'bfloat16']]);
    assert.deepEqual(weights.map((weight) => [...decodeNumbers(weight)]), [[1, -2, 0.5, 0.25, 96, -0.0078125], [0, 3, -1.5]]);
  });
});
