import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurgeryDocument } from '../../../src/extension/document';
import { UnsavedEdits } from '../../../src/extension/unsavedEdits';
import { fakeReader } from './fakeReader';

const freeze = (layer: string) => ({ op: 'setTrainable', layers: [layer], trainable: false }) as const;

describe('unsaved edits', () => {
  let folder = '';
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'model-surgery-unsaved-')); });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (path = '/models/m.keras'): Promise<SurgeryDocument> => SurgeryDocument.open(fakeReader().reader, { path, operations: [], planPath: null, plan: null });
  const window = (lives = false): UnsavedEdits => new UnsavedEdits(join(folder, 'unsaved'), () => lives);
  const names = (): Promise<string[]> => readdir(join(folder, 'unsaved')).catch(() => []);

  it('are found by the next window, as they stood last', async () => {
    const [document, ended] = [await open(), window()];
    await ended.keep(document);
    assert.deepEqual(await names(), [], 'nothing is unsaved');
    for (const layer of ['a', 'b']) {
      await document.setTrainable([layer], false);
      await ended.keep(document);
    }
    const [found, ...more] = await window().left('/models/m.keras');
    assert.deepEqual([found.operations, found.trained, found.plan, found.sha256, found.inUse, more], [[freeze('a'), freeze('b')], null, null, '', false, []]);
    assert.equal(found.file, ended.fileOf(document));
    assert.deepEqual(await ended.left('/models/m.keras'), [], 'a window finds not its own');
    assert.deepEqual(await window().left('/models/n.keras'), []);
    assert.deepEqual(await window().left('/models/../models/m.keras'), []);
  });

  it('go when they are saved, reverted or undone', async () => {
    const [document, unsaved] = [await open(), window()];
    const cleaned = [() => document.undo(), () => document.revert(), () => { document.markSaved(); return Promise.resolve(); }];
    for (const clean of cleaned) {
      await document.setTrainable(['a'], false);
      await unsaved.keep(document);
      assert.equal((await names()).length, 1);
      await clean();
      await unsaved.keep(document);
      assert.deepEqual(await names(), []);
    }
  });

  it('of two windows on one file do not overwrite each other', async () => {
    const [one, other] = [window(true), window(true)];
    const [mine, theirs] = [await open(), await open()];
    await mine.setTrainable(['a'], false);
    await theirs.setTrainable(['b'], false);
    await Promise.all([one.keep(mine), other.keep(theirs)]);
    const left = await window(true).left('/models/m.keras');
    assert.deepEqual(new Set(left.map(({ operations, inUse }) => [operations, inUse])), new Set([[[freeze('a')], true], [[freeze('b')], true]]));
    await mine.revert();
    await one.keep(mine);
    assert.deepEqual((await window().left('/models/m.keras')).map(({ operations }) => operations), [[freeze('b')]]);
  });

  it('are kept where the window lives, and removed where it has ended', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    await window().keep(document);
    const next = window();
    const [found] = await next.left('/models/m.keras');
    assert.ok(existsSync(found.file));
    await next.discard(found);
    assert.deepEqual(await names(), []);
  });

  it('of other makers are passed over and left alone', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    const unsaved = window();
    await unsaved.keep(document);
    const file = unsaved.fileOf(document);
    const text = await readFile(file, 'utf8');
    await rm(file);
    const [key] = file.split('/').at(-1)?.split('-') ?? [];
    const others = [text.slice(0, 40), '{}', text.replace('"version": 1', '"version": 2'), text.replace('/models/m.keras', '/other/m.keras')];
    for (const [index, other] of others.entries()) await writeFile(join(folder, 'unsaved', `${key}-${index}.json`), other);
    assert.deepEqual(await window().left('/models/m.keras'), []);
    assert.equal((await names()).length, others.length);
  });

  it('reject where they cannot be written, and are written once they can', async () => {
    await writeFile(join(folder, 'unsaved'), 'no folder');
    const [document, unsaved] = [await open(), window()];
    await document.setTrainable(['a'], false);
    await assert.rejects(unsaved.keep(document), { code: 'write-failed' });
    await rm(join(folder, 'unsaved'));
    await unsaved.keep(document);
    assert.equal((await names()).length, 1);
  });
});
