import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installTensorflow } from '../../src/node/install/installTensorflow';
import { bindingSources, pythonPackage } from '../support/tensorflow';

describe('installing TensorFlow from a folder', function () {
  this.timeout(180_000);
  let folder: string;
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'model-surgery-installed-')); });
  after(() => rm(folder, { recursive: true }));

  it('compiles its binding, loads it once, says its version, and can be done again', async () => {
    const target = join(folder, 'tensorflow');
    const said: string[] = [];
    const from = await pythonPackage();
    for (let time = 0; time < 2; time++) {
      const installed = await installTensorflow({ target, from, ...bindingSources, report: (message) => said.push(message) });
      assert.match(installed.version, /^\d+\.\d+\.\d+$/);
      assert.equal(installed.source, from);
      assert.deepEqual(await readdir(folder), ['tensorflow']);
    }
    assert.deepEqual(said, ['Compiling the binding.', 'Loading it once.', 'Compiling the binding.', 'Loading it once.']);
  });
});
