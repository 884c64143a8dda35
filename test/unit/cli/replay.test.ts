import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RunRow } from '../../../src/core/ledger/runRows';
import { answer, cli, refusal, sampleFolder, sampleModel, Workplace } from './workplace';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface DataSets {
  readonly data: Readonly<Record<string, { readonly inputs: string; readonly targets: string }>>;
}

describe('model-surgery runs --replay', function () {
  this.timeout(180_000);
  const place = new Workplace();
  let plan = '';
  let id = '';
  after(() => place.remove());

  const rows = async (): Promise<readonly RunRow[]> => (await answer('runs', plan)).runs as readonly RunRow[];

  before(async () => {
    copyFileSync(sampleModel, place.path('m.keras'));
    const { data } = JSON.parse(readFileSync(join(sampleFolder, 'transfer.surgery.json'), 'utf8')) as DataSets;
    const copied = Object.entries(data).map(([name, set]) => {
      copyFileSync(join(sampleFolder, set.targets), place.path(`${name}-labels.gz`));
      return [name, { ...set, inputs: join(sampleFolder, set.inputs), targets: `${name}-labels.gz` }];
    });
    plan = place.plan('p.surgery.json', { model: 'm.keras', data: Object.fromEntries(copied) });
    const { code, stderr } = await cli(['run', plan, '--out', place.path('one'), '--seed', '7', '--engine', 'onnxruntime']);
    assert.equal(code, 0, stderr);
    [{ id }] = await rows();
  });

  it('makes the same bytes, also when the plan’s file has changed since or is gone', async () => {
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, text.replace('"epochs":2', '"epochs":3'));
    const told = await answer('runs', plan, '--replay', id.slice(0, 8), '--out', place.path('two'));
    assert.equal(told.id, id);
    for (const name of ['model.keras', 'best.keras']) {
      assert.deepEqual(place.read(`two/${name}`), place.read(`one/${name}`));
      assert.equal((told.saved as Record<string, string>)[name], sha256(place.read(`one/${name}`)));
    }
    rmSync(plan);
    const again = await answer('runs', plan, '--replay', id);
    assert.deepEqual([again.saved, again.test], [told.saved, told.test]);
    writeFileSync(plan, text);
    const [newest, , first] = await rows();
    assert.deepEqual(newest.figures, first.figures);
    assert.deepEqual(newest.hashes, first.hashes, 'it counts as the same configuration');
  });

  it('names what has changed since, with both hashes, and computes nothing', async () => {
    const before = (await rows()).length;
    const model = place.read('m.keras');
    copyFileSync(place.path('one/best.keras'), place.path('m.keras'));
    const changed = await refusal(1, 'runs', plan, '--replay', id, '--out', place.path('three'));
    assert.equal(changed.code, 'file-changed');
    assert.deepEqual(changed.problems?.map(({ where }) => where), ['the model m.keras']);
    assert.ok(changed.expected?.includes(sha256(model)) && changed.received?.includes(sha256(place.read('m.keras'))));
    writeFileSync(place.path('m.keras'), model);

    const labels = place.read('train-labels.gz');
    const unpacked = gunzipSync(labels);
    unpacked[unpacked.length - 1] ^= 1;
    writeFileSync(place.path('train-labels.gz'), gzipSync(unpacked));
    const data = await refusal(1, 'runs', plan, '--replay', id, '--out', place.path('three'));
    assert.deepEqual([data.code, data.problems?.map(({ where }) => where)], ['file-changed', ['the training and validation data']]);
    writeFileSync(place.path('train-labels.gz'), labels);

    const engine = await refusal(1, 'runs', plan, '--replay', id, '--engine', 'reference', '--out', place.path('three'));
    assert.deepEqual([engine.code, engine.problems?.map(({ where }) => where)], ['file-changed', ['the engine']]);
    assert.ok(!place.files().includes('three'));
    assert.equal((await rows()).length, before);
  });

  it('refuses a record that was edited, what is no run, and --out alone', async () => {
    assert.equal((await refusal(2, 'runs', plan, '--replay', 'nobody')).code, 'usage');
    assert.equal((await refusal(2, 'runs', plan, '--out', place.path('three'))).code, 'usage');
    await answer('evaluate', place.path('one/model.keras'), '--plan', plan);
    const [evaluation] = await rows();
    assert.match((await refusal(2, 'runs', plan, '--replay', evaluation.id)).received ?? '', /evaluation/);
    const ledger = place.path('.model-surgery/ledger.jsonl');
    const text = readFileSync(ledger, 'utf8');
    writeFileSync(ledger, text.replace('"epochs":2', '"epochs":5'));
    assert.equal((await refusal(1, 'runs', plan, '--replay', id)).code, 'file-changed');
    writeFileSync(ledger, text);
  });
});
