import assert from 'node:assert/strict';
import { zipSync } from 'fflate';
import { readZip } from '../../../../src/core/formats/zip';
import { writeZip } from '../../../../src/core/formats/writeZip';

const all = (): boolean => true;
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('zip archives', () => {
  it('come back as they were written, stored or packed', () => {
    const members = readZip(writeZip({ 'a.json': '{}', 'b/größe.bin': new Uint8Array([1, 2, 3]) }), all);
    assert.deepEqual([...members.keys()], ['a.json', 'b/größe.bin']);
    assert.equal(text(members.get('a.json')), '{}');
    assert.equal(text(readZip(zipSync({ x: new TextEncoder().encode('packed packed packed') }), all).get('x')), 'packed packed packed');
  });

  it('are equal bytes for equal members', () => {
    assert.deepEqual(writeZip({ a: 'x', b: 'y' }), writeZip({ a: 'x', b: 'y' }));
  });

  it('give only what is asked for, and judge the rest all the same', () => {
    assert.deepEqual([...readZip(writeZip({ a: 'x', b: 'y' }), (name) => name === 'b').keys()], ['b']);
    assert.throws(() => readZip(writeZip({ a: 'x', '../b': 'y' }), (name) => name === 'a'), { code: 'format-hostile', where: '../b' });
  });

  for (const name of ['/x', '..\\x', 'a/../b', 'C:x', 'a\0b', 'a\u007f', 'x\\y']) {
    it(`refuse the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => readZip(writeZip({ [name]: 'x' }), all), { code: 'format-hostile' });
    });
  }

  it('are limited in members, in size and in ratio', () => {
    const limits = { maxMembers: 2, maxTotal: 5000, maxRatio: 10 };
    assert.throws(() => readZip(writeZip({ a: '', b: '', c: '' }), all, limits), { code: 'format-limit' });
    assert.throws(() => readZip(writeZip({ a: 'x'.repeat(6000) }), all, limits), { code: 'format-limit' });
    assert.throws(() => readZip(zipSync({ a: new Uint8Array(20_000) }), all, { ...limits, maxTotal: 1e9 }), { code: 'format-limit' });
  });

  it('with a flipped bit anywhere in a member are refused', () => {
    const sound = writeZip({ 'a.bin': Uint8Array.from({ length: 64 }, (_, index) => index) });
    const start = 30 + 'a.bin'.length;
    for (let at = start; at < start + 64; at++) {
      const broken = Uint8Array.from(sound);
      broken[at] ^= 1;
      assert.throws(() => readZip(broken, all), { code: 'format-broken', where: 'a.bin' });
    }
  });

  it('with bytes after their end, or without an end, are refused', () => {
    const sound = writeZip({ a: 'x' });
    assert.throws(() => readZip(Uint8Array.from([...sound, 0]), all), { code: 'format-broken' });
    assert.throws(() => readZip(sound.subarray(0, sound.length - 1), all), { code: 'format-broken' });
    assert.throws(() => readZip(new Uint8Array(0), all), { code: 'format-broken' });
  });
});
