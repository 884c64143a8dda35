import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import { parseIdx } from '../../../../src/core/data/idx';
import { parseNpy } from '../../../../src/core/data/npy';

/** A file as `numpy.save` (version 1) lays it out: magic, header padded to 64 bytes, elements. */
function npy(descr: string, fortran: boolean, shape: string, elements: Iterable<number>): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const header = `${text.padEnd(117)}\n`;
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0, ...Buffer.from(header), ...elements]);
}

const code = (expected: string) => (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === expected && thrown.where === 'x.npy';

describe('npy', () => {
  it('looks at numbers in place where they may lie so, and copies them elsewhere', () => {
    const numbers = Float32Array.from({ length: 4096 }, (_, i) => i / 3);
    const file = npy("'<f4'", false, '(4096,)', new Uint8Array(numbers.buffer));
    const [aligned, shifted] = [0, 1].map((shift) => {
      const room = new Uint8Array(file.length + 64);
      const start = (64 - (file.length - numbers.byteLength) % 64) % 64 + shift;
      room.set(file, start);
      return room.subarray(start, start + file.length);
    });
    const [inPlace, copied] = [aligned, shifted].map((bytes) => parseNpy(bytes, 'x.npy').data);
    assert.deepEqual([inPlace, copied], [numbers, numbers]);
    assert.deepEqual([inPlace.buffer === aligned.buffer, copied.buffer === shifted.buffer], [true, false]);
    const part = new Uint8Array(3 * file.length);
    part.set(file);
    assert.notEqual(parseNpy(part.subarray(0, file.length), 'x.npy').data.buffer, part.buffer, 'a small part does not keep the whole');
  });

  it('reads both byte orders', () => {
    assert.deepEqual(parseNpy(npy("'<i2'", false, '(2,)', [1, 0, 0, 1]), 'x.npy'), { shape: [2], dtype: 'int16', data: Int16Array.of(1, 256) });
    assert.deepEqual(parseNpy(npy("'>i2'", false, '(2,)', [1, 0, 0, 1]), 'x.npy').data, Int16Array.of(256, 1));
  });

  it('reads both memory orders into one', () => {
    assert.deepEqual(parseNpy(npy("'|u1'", true, '(2, 3)', [0, 3, 1, 4, 2, 5]), 'x.npy'), { shape: [2, 3], dtype: 'uint8', data: Uint8Array.of(0, 1, 2, 3, 4, 5) });
    assert.deepEqual(parseNpy(npy("'|u1'", false, '()', [7]), 'x.npy').shape, []);
  });

  it('holds 64-bit integers in 32 bits where they fit', () => {
    const five = [5, 0, 0, 0, 0, 0, 0, 0];
    assert.deepEqual(parseNpy(npy("'<i8'", false, '(1,)', five), 'x.npy').data, Int32Array.of(5));
    assert.deepEqual(parseNpy(npy("'<i8'", false, '(1,)', [0, 0, 0, 0, 1, 0, 0, 0]), 'x.npy').data, Float64Array.of(2 ** 32));
  });

  it('refuses pickles, texts and records, and what is cut off or too long', () => {
    assert.throws(() => parseNpy(npy("'|O'", false, '(1,)', [0]), 'x.npy'), (thrown) => code('unsupported')(thrown) && /pickled/.test((thrown as Error).message));
    assert.throws(() => parseNpy(npy("[('a', '<i4')]", false, '(1,)', [0]), 'x.npy'), code('unsupported'));
    assert.throws(() => parseNpy(npy("'<i2'", false, '(2,)', [1, 0, 0]), 'x.npy'), code('data-broken'));
    assert.throws(() => parseNpy(npy("'<i2'", false, '(2,)', [1, 0, 0, 0, 0]), 'x.npy'), code('data-broken'));
    assert.throws(() => parseNpy(npy("'<i2'", false, '(99999999, 99999999, 9999)', [1]), 'x.npy'), code('data-broken'));
    for (const length of [0, 5, 7, 11, 60]) assert.throws(() => parseNpy(npy("'|u1'", false, '(1,)', [1]).subarray(0, length), 'x.npy'), code('data-broken'));
  });
});

describe('idx', () => {
  it('is big endian', () => {
    assert.deepEqual(parseIdx(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 255), 'x'), { shape: [1, 2], dtype: 'uint8', data: Uint8Array.of(7, 255) });
    assert.deepEqual(parseIdx(Uint8Array.of(0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 0), 'x').data, Int16Array.of(256));
  });

  it('refuses another length than its header says', () => {
    assert.throws(() => parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7), 'x.npy'), code('data-broken'));
    assert.throws(() => parseIdx(Uint8Array.of(0, 0, 8, 3, 0, 0), 'x.npy'), code('data-broken'));
    assert.throws(() => parseIdx(Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), 'x.npy'), code('data-broken'));
  });

  it('reads texts of a fixed width as places in the sorted list of them', () => {
    const wide = [0xe9, 0, 0, 0, 0, 0, 0, 0, 0x61, 0, 0, 0, 0x62, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0, 0, 0];
    assert.deepEqual(parseNpy(npy("'<U2'", false, '(4,)', wide), 'x.npy'), { shape: [4], dtype: 'int32', words: ['', 'ab', 'é'], data: Int32Array.of(2, 1, 0, 2) });
    assert.deepEqual(parseNpy(npy("'>U1'", true, '(2, 2)', [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]), 'x.npy').data, Int32Array.of(0, 2, 1, 3));
    assert.deepEqual(parseNpy(npy("'|S3'", false, '(2,)', [0xc3, 0xa9, 0, 0x61, 0x62, 0x63]), 'x.npy').words, ['abc', 'é']);
    assert.deepEqual(parseNpy(npy("'<U0'", false, '(2,)', []), 'x.npy').words, ['']);
    assert.throws(() => parseNpy(npy("'<U1'", false, '(1,)', [0, 0, 0x11, 0]), 'x.npy'), code('data-broken'));
    assert.throws(() => parseNpy(npy("'|S1'", false, '(1,)', [0xff]), 'x.npy'), code('data-broken'));
    assert.throws(() => parseNpy(npy("'<U2'", false, '(1,)', [0, 0, 0]), 'x.npy'), code('data-broken'));
  });
});
