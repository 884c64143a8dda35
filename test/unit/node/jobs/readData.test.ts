import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { SurgeryError, type ErrorCode } from '../../../../src/core/errors';
import { unpacked } from '../../../../src/node/jobs/readData';

const code = (expected: ErrorCode) => (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === expected && thrown.where === 'f';

describe('data files packed by gzip', () => {
  const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);
  const packed = gzipSync(content);

  it('are read as what is in them, others as they are', async () => {
    assert.deepEqual(Uint8Array.from(await unpacked(packed, 'f')), content);
    assert.equal(await unpacked(content, 'f'), content);
  });

  it('are refused where a byte is wrong or missing', async () => {
    for (const length of [2, 10, 17, packed.length - 100, packed.length - 1]) {
      await assert.rejects(unpacked(packed.subarray(0, length), 'f'), code('data-broken'), String(length));
    }
    for (const at of [packed.length - 1, packed.length - 6, Math.floor(packed.length / 2)]) {
      const damaged = Uint8Array.from(packed);
      damaged[at] ^= 16;
      await assert.rejects(unpacked(damaged, 'f'), code('data-broken'), String(at));
    }
  });

  it('are refused before they fill the memory', async () => {
    await assert.rejects(unpacked(gzipSync(new Uint8Array(2 ** 20)), 'f', 2 ** 16), code('format-limit'));
  });
});
