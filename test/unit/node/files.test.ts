import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseInputAsOutput, writeFileAtomically } from '../../../src/node/atomicWrite';
import { openFile, sha256, sha256OfFile } from '../../../src/node/fileBytes';

describe('files', () => {
  let folder = '';
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'model-surgery-')); });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are read by ranges', async () => {
    await writeFile(join(folder, 'a'), 'hello world');
    const source = await openFile(join(folder, 'a'));
    try {
      assert.equal(source.size, 11);
      assert.equal(Buffer.from(await source.read(6, 5)).toString(), 'world');
      assert.equal((await source.read(11, 0)).length, 0);
      await assert.rejects(source.read(6, 6), { code: 'file-unreadable' });
    } finally {
      await source.close();
    }
  });

  it('that are none are refused', async () => {
    await assert.rejects(openFile(join(folder, 'missing')), { code: 'file-missing' });
    await assert.rejects(openFile(join(folder, 'missing/below')), { code: 'file-missing' });
    await assert.rejects(openFile(folder), { code: 'file-unreadable' });
  });

  it('that are pipes are refused without waiting', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await assert.rejects(openFile(join(folder, 'pipe')), { code: 'file-unreadable' });
  });

  it('have one hash, from memory and from disk', async () => {
    await writeFile(join(folder, 'a'), 'abc');
    const known = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    assert.equal(await sha256OfFile(join(folder, 'a')), known);
    assert.equal(sha256(Buffer.from('abc')), known);
    await assert.rejects(sha256OfFile(join(folder, 'missing')), { code: 'file-missing' });
  });

  it('are replaced whole, and no temporary stays', async () => {
    const path = join(folder, 'größe <x>.keras');
    await writeFileAtomically(path, 'one');
    await writeFileAtomically(path, new Uint8Array([1, 2, 3]));
    assert.deepEqual([...await readFile(path)], [1, 2, 3]);
    assert.equal((await readdir(folder)).length, 1);
  });

  it('that cannot be written leave what was there', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'below'), { recursive: true });
    await assert.rejects(writeFileAtomically(path, 'x'), { code: 'write-failed', where: path });
    assert.deepEqual(await readdir(folder), ['taken']);
    await assert.rejects(writeFileAtomically(join(folder, 'no/such/folder'), 'x'), { code: 'write-failed' });
  });

  it('are no output where they are an input, by whatever name', async () => {
    const input = join(folder, 'in.keras');
    await writeFile(input, 'x');
    await symlink(input, join(folder, 'soft'));
    await link(input, join(folder, 'hard'));
    await symlink(folder, join(folder, 'loop'));
    for (const name of ['in.keras', './in.keras', 'soft', 'hard', 'loop/in.keras']) {
      await assert.rejects(refuseInputAsOutput(`${folder}/${name}`, [input]), { code: 'output-refused' }, name);
    }
    await refuseInputAsOutput(join(folder, 'out.keras'), [input]);
    await refuseInputAsOutput(join(folder, 'new/out.keras'), [input]);
  });
});
