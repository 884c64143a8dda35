import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SurgeryError } from '../../../../src/core/errors';
import type { StoredDType } from '../../../../src/core/model/tensor';
import { bytesPerElement, decodeNumbers, decodeWeight, encodeNumbers } from '../../../../src/core/weights/decode';

interface Golden {
  /** Bits of float32 numbers. */
  readonly numbers: readonly number[];
  readonly bytes: Readonly<Record<string, string>>;
}

const golden = JSON.parse(readFileSync(new URL('../../../keras/golden/storedTypes.json', import.meta.url), 'utf8')) as Golden;
const numbers = new Float32Array(Uint32Array.from(golden.numbers).buffer);

function stored(dtype: StoredDType, shape: readonly number[], bytes: Uint8Array): Parameters<typeof decodeWeight>[0] {
  return { name: 'kernel', shape, dtype, trainable: true, bytes };
}

describe('stored element types', () => {
  for (const [dtype, hex] of Object.entries(golden.bytes)) {
    it(`${dtype}: the bytes that NumPy writes, ties and subnormals included`, () => {
      assert.equal(Buffer.from(encodeNumbers(dtype as StoredDType, numbers)).toString('hex'), hex);
    });

    it(`${dtype}: decoding and encoding gives the same bytes`, () => {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
      const { data, shape, dtype: computed } = decodeWeight(stored(dtype as StoredDType, [numbers.length], bytes));
      assert.deepEqual([shape, computed], [[numbers.length], 'float32']);
      assert.equal(Buffer.from(encodeNumbers(dtype as StoredDType, data)).toString('hex'), hex);
    });
  }

  it('decodes every bit pattern of the two half types and gets it back', () => {
    const all = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer);
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const decoded = decodeNumbers(stored(dtype, [65536], all));
      const again = new Uint16Array(encodeNumbers(dtype, decoded).buffer);
      const moved = Array.from(again.keys()).filter((bits) => again[bits] !== bits && !Number.isNaN(decoded[bits]));
      assert.deepEqual(moved, []);
      assert.ok(Number.isNaN(decodeNumbers(stored(dtype, [1], encodeNumbers(dtype, [NaN])))[0]));
    }
  });

  const integers: readonly [StoredDType, readonly number[], readonly number[]][] = [
    ['int8', [-129, -128, 1.9, 127, 300], [-128, -128, 1, 127, 127]],
    ['uint8', [-1, 0, 255, 256], [0, 0, 255, 255]],
    ['int16', [-40000, 40000, -3], [-32768, 32767, -3]],
    ['uint16', [-1, 70000], [0, 65535]],
    ['int32', [-5e9, 5e9, 12], [-(2 ** 31), 2 ** 31, 12]],
    ['uint32', [-1, 5e9, 7], [0, 2 ** 32, 7]],
    ['int64', [-12345678, 2 ** 40], [-12345678, 2 ** 40]],
    ['uint64', [-1, 2 ** 50], [0, 2 ** 50]],
    ['bool', [0, 1, -2], [0, 1, 1]],
  ];
  for (const [dtype, given, expected] of integers) {
    it(`${dtype}: held within its range`, () => {
      const bytes = encodeNumbers(dtype, given);
      assert.equal(bytes.byteLength, given.length * bytesPerElement(dtype));
      assert.deepEqual(Array.from(decodeWeight(stored(dtype, [given.length], bytes)).data), Array.from(expected, Math.fround));
    });
  }

  it('reads bytes that do not start at a multiple of their size', () => {
    const shifted = new Uint8Array(9);
    shifted.set(encodeNumbers('float32', [1.5, -2]), 1);
    assert.deepEqual(Array.from(decodeWeight(stored('float32', [2], shifted.subarray(1))).data), [1.5, -2]);
  });

  it('does not hand out the stored bytes', () => {
    const bytes = encodeNumbers('float32', [1, 2]);
    decodeWeight(stored('float32', [2], bytes)).data[0] = 9;
    assert.deepEqual(bytes, encodeNumbers('float32', [1, 2]));
  });

  it('keeps float64 in full for statistics', () => {
    assert.equal(decodeNumbers(stored('float64', [1], encodeNumbers('float64', [0.1])))[0], 0.1);
  });

  it('refuses bytes that do not fill the shape', () => {
    assert.throws(() => decodeWeight(stored('float32', [3], new Uint8Array(8))), (error) => error instanceof SurgeryError && error.code === 'weight-mismatch' && error.received === '8 bytes');
  });
});
