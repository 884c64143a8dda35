import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel as readByRanges } from '../../../../src/core/formats/openModel';
import { readZip } from '../../../../src/core/formats/zip';
import { type FileParts, wholeFile } from '../../../../src/core/formats/fileParts';
import { h5Parts, writeH5 } from '../../../../src/core/formats/writeH5';
import { kerasParts, writeKeras } from '../../../../src/core/formats/writeKeras';
import { writeTfjs } from '../../../../src/core/formats/writeTfjs';
import { sizeOf } from '../../../../src/core/model/tensor';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import type { ByteSource } from '../../../../src/core/ports';
import { openFile, sha256 } from '../../../../src/node/fileBytes';
import { openModel } from '../../../../src/node/jobs/openModel';
import { projectRoot } from '../../../support/cached';
import { readModel, sourceOf } from '../../../support/memorySource';

/** A model of real Keras whose hidden layer is 40 MB wide. */
async function largeModel(): Promise<Model> {
  const bytes = await readFile(join(projectRoot, 'test/keras/golden/formats/sequential_mlp.keras3.keras'));
  const model = await readModel(sourceOf(bytes, 'small.keras'));
  const units = 800_000;
  const wide = (shape: readonly number[], seed: number): Uint8Array => new Uint8Array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => Math.sin(index + seed)).buffer);
  const layers = model.root.network.layers.map((layer) => {
    if (layer.className !== 'Dense') return layer;
    const shapes = layer.name === 'hidden' ? [[12, units], [units]] : [[units, 2], [2]];
    const config = layer.name === 'hidden' ? { ...layer.config, units } : layer.config;
    return { ...layer, config, envelope: { ...layer.envelope, build_config: {} }, weights: layer.weights.map((weight, index) => ({ ...weight, shape: shapes[index], bytes: wide(shapes[index], index) })) };
  });
  return { ...model, root: { ...model.root, network: { ...model.root.network, layers } } };
}

/** Counts what is read of a file. */
function counted(source: ByteSource): { readonly source: ByteSource; readonly bytes: () => number } {
  let bytes = 0;
  const readNow = (offset: number, length: number): Uint8Array => {
    bytes += length;
    return source.readNow(offset, length);
  };
  return { source: { ...source, readNow }, bytes: () => bytes };
}

const weightsOf = (model: Model): string[] => [...walkLayers(model)].flatMap(({ layer }) => layer.weights.map(({ bytes }) => sha256(bytes)));

/** What an export writes, by format. */
const inPieces: Readonly<Record<string, (model: Model) => readonly FileParts[]>> = {
  keras: (model) => [kerasParts(model)],
  h5: (model) => [h5Parts(model)],
  tfjs: (model) => {
    const { bytes, beside } = writeTfjs(model, sha256);
    return [wholeFile(bytes), ...Object.values(beside)];
  },
};

describe('a large model file', function () {
  this.timeout(120_000);
  let folder: string;
  let model: Model;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-large-'));
    model = await largeModel();
    await writeFile(join(folder, 'large.keras'), await writeKeras(model));
    await writeFile(join(folder, 'large.h5'), await writeH5(model));
    await writeFile(join(folder, 'whole.keras'), await writeKeras(model));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const name of ['large.keras', 'large.h5']) {
    it(`${name}: its layers are known after reading a small part of it, its weights when they are asked for`, async () => {
      const file = await openFile(join(folder, name));
      const { source, bytes } = counted(file);
      const read = await readByRanges(source);
      await file.close();
      assert.ok(bytes() < file.size / 20, `${bytes()} of ${file.size}`);
      assert.deepEqual([...walkLayers(read.model)].map(({ path }) => path), [...walkLayers(model)].map(({ path }) => path));
      assert.deepEqual(weightsOf(read.model), weightsOf(model));
      assert.ok(bytes() > file.size / 2);
    });

    it(`${name}: opened, its hash is that of the file`, async () => {
      assert.equal((await openModel(join(folder, name))).sha256, sha256(await readFile(join(folder, name))));
    });

    it(`${name}: weights of a file that changed since are not believed`, async () => {
      const { model: opened } = await openModel(join(folder, name));
      const handle = await open(join(folder, name), 'r+');
      await handle.write(new Uint8Array([1]), 0, 1, 20_000_000);
      await handle.close();
      assert.throws(() => weightsOf(opened), { code: 'file-changed' });
    });
  }

  for (const [to, partsOf] of Object.entries(inPieces)) {
    it(`is written as ${to} a weight at a time, each read when its turn comes`, async () => {
      const file = await openFile(join(folder, 'whole.keras'));
      const { source, bytes } = counted(file);
      const { model: read } = await readByRanges(source);
      const opened = bytes();
      const all = [...walkLayers(read)].flatMap(({ layer }) => layer.weights.map(({ shape }) => 4 * sizeOf(shape)));
      const largest = Math.max(...all);
      let written = 0;
      for (const part of partsOf(read)) {
        for (const chunk of part.chunks()) {
          assert.ok(chunk.length <= largest);
          written += chunk.length;
        }
      }
      await file.close();
      assert.ok(written > all.reduce((sum, size) => sum + size, 0));
      // Each weight twice at most: its checksum or hash comes before it.
      assert.ok(bytes() - opened <= 2.1 * file.size, `${bytes() - opened} of ${file.size}`);
    });
  }

  it('with a flipped bit in its weights is refused', async () => {
    const bytes = await writeKeras(model);
    bytes[bytes.length >> 1] ^= 4;
    assert.throws(() => readZip(bytes, () => true), { code: 'format-broken' });
    await writeFile(join(folder, 'flipped.keras'), bytes);
    await assert.rejects(openModel(join(folder, 'flipped.keras')), { code: 'format-broken' });
  });
});
