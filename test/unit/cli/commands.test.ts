import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readArrays } from '../../../src/core/data/readArrays';
import { writeNpy } from '../../../src/core/data/writeNpy';
import { writeZip } from '../../../src/core/formats/writeZip';
import { answer, cli, goldenFormats, refusal, sampleFolder, sampleModel, Workplace } from './workplace';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface GoldenArrays {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly outputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
}

const golden = (name: string): GoldenArrays => JSON.parse(readFileSync(join(goldenFormats, `${name}.json`), 'utf8')) as GoldenArrays;
const npy = ({ shape, data }: GoldenArrays['inputs'][number]): Uint8Array => writeNpy(shape, Float32Array.from(data));

function requireClose(written: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(written.length, expected.length);
  expected.forEach((value, index) => assert.ok(Math.abs(written[index] - value) < 1e-5, `${written[index]} for ${value}`));
}

describe('cli', () => {
  const place = new Workplace();
  let plan = '';
  before(() => (plan = place.plan('transfer.surgery.json')));
  after(() => place.remove());

  it('inspect: the object of the contract', async () => {
    const found = await answer('inspect', sampleModel);
    for (const field of ['format', 'kerasVersion', 'name', 'class', 'sha256', 'parameters', 'inputs', 'outputs', 'layers', 'compile', 'problems']) assert.ok(field in found, field);
    assert.deepEqual(found.parameters, { total: 276158, trainable: 276158, frozen: 0 });
    assert.deepEqual(found.inputs, [{ name: 'input_layer', shape: [null, 28, 28], dtype: 'float32' }]);
    assert.deepEqual(found.outputs, [{ name: 'dense_5', shape: [null, 8], dtype: 'float32' }]);
    const layers = found.layers as Record<string, unknown>[];
    assert.deepEqual(layers.map(({ path }) => path), ['flatten', 'dense', 'dense_1', 'dense_2', 'dense_3', 'dense_4', 'dense_5']);
    for (const field of ['path', 'name', 'class', 'outputShape', 'parameters', 'trainable', 'effectiveTrainable', 'frozenBecause', 'opaque', 'weights']) assert.ok(field in layers[1], field);
    assert.deepEqual(layers[1].weights, [{ name: 'kernel', shape: [784, 300], dtype: 'float32', trainable: true }, { name: 'bias', shape: [300], dtype: 'float32', trainable: true }]);
  });

  it('opens a model through a symbolic link', async () => {
    symlinkSync(sampleModel, place.path('link.keras'));
    assert.equal((await answer('inspect', place.path('link.keras'))).sha256, sha256(readFileSync(sampleModel)));
  });

  it('apply: the operations without training; a second time the same bytes', async () => {
    const out = place.path('applied.keras');
    const applied = await answer('apply', plan, '--out', out);
    assert.deepEqual(applied, { path: out, sha256: sha256(place.read('applied.keras')), operations: [{ op: 'replaceHead', units: 1, activation: 'sigmoid' }] });
    assert.equal((await answer('apply', plan, '--out', place.path('twice.keras'))).sha256, applied.sha256);
    const { outputs } = await answer('inspect', out);
    assert.deepEqual(outputs, [{ name: 'head', shape: [null, 1], dtype: 'float32' }]);
  });

  it('apply refuses to write over model, data or plan, and leaves them as they are', async () => {
    copyFileSync(sampleModel, place.path('copy.keras'));
    symlinkSync(place.path('copy.keras'), place.path('alias.keras'));
    const guarded = place.plan('guarded.surgery.json', { model: 'copy.keras' });
    const before = place.files();
    for (const out of ['copy.keras', 'alias.keras', 'guarded.surgery.json']) {
      assert.equal((await refusal(1, 'apply', guarded, '--out', place.path(out))).code, 'output-refused', out);
    }
    assert.equal((await refusal(1, 'apply', guarded, '--out', join(sampleFolder, 'valid-labels.idx1.gz'))).code, 'output-refused');
    assert.deepEqual(place.read('copy.keras'), readFileSync(sampleModel));
    assert.deepEqual(place.files(), before);
  });

  it('diff: the same, or what was added, removed and changed', async () => {
    const out = place.path('other.keras');
    await answer('apply', plan, '--out', out);
    assert.deepEqual(await answer('diff', sampleModel, sampleModel), { same: true, added: [], removed: [], changed: [] });
    assert.deepEqual(await answer('diff', sampleModel, out), { same: false, added: ['head'], removed: ['dense_5'], changed: [] });
    const seeded = place.plan('seeded.surgery.json', { seed: 5 });
    await answer('apply', seeded, '--out', place.path('seeded.keras'));
    const { changed } = (await answer('diff', out, place.path('seeded.keras'))) as unknown as { changed: { path: string; weights: { name: string; maxAbs: number; relative: number; cosine: number }[] }[] };
    assert.deepEqual(changed.map(({ path, weights }) => [path, weights.map(({ name }) => name)]), [['head', ['kernel']]]);
    const [{ maxAbs, relative, cosine }] = changed[0].weights;
    assert.ok(maxAbs > 0 && relative > 0 && Math.abs(cosine) < 1);
  });

  it('predict: one input and one output, .npy to .npy, as Keras', async () => {
    const { inputs: [input], outputs: [expected] } = golden('sequential_mlp.keras3');
    const predicted = await answer('predict', join(goldenFormats, 'sequential_mlp.keras3.keras'), '--data', place.write('x.npy', npy(input)), '--out', place.path('y.npy'));
    assert.deepEqual(predicted, { samples: input.shape[0], outputs: [{ name: 'dense', shape: expected.shape }] });
    const [written] = readArrays(place.read('y.npy'), 'y.npy');
    assert.deepEqual(written.shape, expected.shape);
    requireClose(Array.from(written.data, Number), expected.data);
  });

  it('predict: several inputs and outputs by their names, .npz to .npz, as Keras', async () => {
    const { inputs: [image, meta], outputs } = golden('multi_io.keras3');
    const data = place.write('x.npz', writeZip({ 'meta.npy': npy(meta), 'image.npy': npy(image) }));
    const predicted = await answer('predict', join(goldenFormats, 'multi_io.keras3.keras'), '--data', data, '--out', place.path('y.npz'));
    assert.deepEqual(predicted, { samples: 3, outputs: [{ name: 'yes', shape: [3, 1] }, { name: 'kind', shape: [3, 3] }] });
    const written = readArrays(place.read('y.npz'), 'y.npz');
    assert.deepEqual(written.map(({ member }) => member), ['yes', 'kind']);
    written.forEach(({ data: numbers }, index) => requireClose(Array.from(numbers, Number), outputs[index].data));
  });

  it('predict refuses a missing input and an output over its data, and writes nothing', async () => {
    const { inputs: [image] } = golden('multi_io.keras3');
    const data = place.write('part.npz', writeZip({ 'image.npy': npy(image) }));
    const model = join(goldenFormats, 'multi_io.keras3.keras');
    const before = place.files();
    const { code, expected } = await refusal(1, 'predict', model, '--data', data, '--out', place.path('never.npz'));
    assert.deepEqual([code, expected], ['data-mismatch', 'meta']);
    assert.equal((await refusal(1, 'predict', model, '--data', data, '--out', data)).code, 'output-refused');
    assert.equal((await refusal(1, 'predict', model, '--data', data, '--out', model)).code, 'output-refused');
    assert.deepEqual(place.files(), before);
  });

  it('export: keras gives path, format and sha256; an unknown format is wrong usage', async () => {
    const out = place.path('exported.keras');
    assert.deepEqual(await answer('export', sampleModel, '--to', 'keras', '--out', out), { path: out, format: 'keras', sha256: sha256(place.read('exported.keras')) });
    assert.equal((await answer('diff', sampleModel, out)).same, true);
    const { code, received } = await refusal(2, 'export', sampleModel, '--to', 'doc', '--out', place.path('never.doc'));
    assert.deepEqual([code, received], ['usage', 'doc']);
    assert.equal((await refusal(1, 'export', sampleModel, '--to', 'keras', '--out', join(place.folder, 'no/such/folder.keras'))).code, 'write-failed');
    assert.ok(!place.files().includes('never.doc'));
  });

  it('engines: one entry each, one of them chosen; the named one when it is named', async () => {
    const engines = (await answer('engines')) as unknown as { name: string; available: boolean; version: string | null; reason: string; chosen: boolean }[];
    for (const field of ['name', 'available', 'version', 'reason', 'chosen']) assert.ok(engines.every((engine) => field in engine), field);
    assert.equal(engines.filter(({ chosen, available }) => chosen && available).length, 1);
    const named = (await answer('engines', '--engine', 'reference')) as unknown as typeof engines;
    assert.deepEqual(named.filter(({ chosen }) => chosen).map(({ name }) => name), ['reference']);
    const [ofModel] = ((await answer('engines', sampleModel)) as unknown as typeof engines).filter(({ chosen }) => chosen);
    assert.match(ofModel.reason, /here faster for a small network: \d+ thousand weights/);
  });

  it('options stand before or after the command’s name', async () => {
    const { inputs: [input] } = golden('sequential_mlp.keras3');
    const model = join(goldenFormats, 'sequential_mlp.keras3.keras');
    const data = place.write('options.npy', npy(input));
    const before = await cli(['--json', '--engine', 'reference', 'predict', model, '--data', data, '--out', place.path('before.npy')]);
    const after = await cli(['predict', model, '--data', data, '--out', place.path('after.npy'), '--engine', 'reference', '--json']);
    assert.deepEqual([before.code, before.stdout], [0, after.stdout]);
    assert.deepEqual(place.read('before.npy'), place.read('after.npy'));
    assert.equal((JSON.parse(after.stdout) as { samples: number }).samples, input.shape[0]);
  });

  it('wrong usage ends with 2 and says what was wrong', async () => {
    const wrong = [[], ['melt'], ['inspect'], ['apply', plan], ['inspect', sampleModel, '--weigths'], ['run', plan, '--seed', 'x'], ['evaluate', sampleModel, '--plan', plan, '--split', 'half'], ['run', plan, '--out', place.path('none'), '--engine', 'abacus']];
    for (const args of wrong) {
      const { code, message } = await refusal(2, ...args);
      assert.deepEqual([code, message.length > 0], ['usage', true], args.join(' '));
    }
    assert.ok(!place.files().includes('none'));
  });

  it('failures end with 1 and the code of the closed list', async () => {
    const text = place.write('text.keras', 'no model');
    assert.equal((await refusal(1, 'inspect', text)).code, 'format-unknown');
    const missing = await refusal(1, 'inspect', place.path('missing.keras'));
    assert.deepEqual([missing.code, missing.where], ['file-missing', place.path('missing.keras')]);
    assert.equal((await refusal(1, 'inspect', join(goldenFormats, 'nested.keras3.weights.h5'))).code, 'not-a-model');
    assert.equal((await refusal(1, 'evaluate', sampleModel, '--plan', plan)).code, 'data-mismatch');
  });

  it('says the same to people, without JSON', async () => {
    const ended = await cli(['inspect', place.path('missing.keras')]);
    assert.deepEqual([ended.code, ended.stdout], [1, '']);
    assert.match(ended.stderr, /^error: .+\n {2}where: .*missing\.keras\n/);
    const table = await cli(['inspect', sampleModel]);
    assert.match(table.stdout, /dense_4 +Dense +\(None, 50\) +2,550/);
    const help = await cli(['--help']);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    for (const name of ['inspect', 'apply', 'run', 'evaluate', 'predict', 'export', 'diff', 'verdict', 'engines']) assert.match(help.stdout, new RegExp(`^ +${name} `, 'm'));
  });

  it('a wrong plan is refused as a whole, with the JSON path of each mistake, before anything is written', async () => {
    const wrong = place.plan('wrong.surgery.json', {
      operations: [{ op: 'melt' }],
      phases: [{ name: 'p', freeze: 'all but head', optimizer: { class_name: 'SGD', config: { learning_rate: -1 } }, epochs: 0, batchSize: 0 }],
    });
    for (const args of [['run', wrong, '--out', place.path('nothing')], ['apply', wrong, '--out', place.path('nothing')]]) {
      const { code, problems } = await refusal(1, ...args);
      assert.equal(code, 'plan-invalid');
      const where = problems?.map((problem) => problem.where).join(' ') ?? '';
      for (const path of ['operations[0]', 'phases[0].epochs', 'phases[0].batchSize']) assert.ok(where.includes(path), `${path} in ${where}`);
    }
    const unfit = place.plan('unfit.surgery.json', { operations: [{ op: 'setTrainable', layers: ['nowhere'], trainable: false }, { op: 'rename', layer: 'missing', name: 'x' }] });
    const refused = await refusal(1, 'run', unfit, '--out', place.path('nothing'));
    assert.deepEqual([refused.code, (refused.problems?.length ?? 0) >= 2], ['plan-invalid', true]);
    assert.ok(!place.files().includes('nothing'));
  });

  it('data that the plan cannot have is refused before anything is written', async () => {
    const sample = JSON.parse(readFileSync(plan, 'utf8')) as { data: { train: object } };
    const tooMany = place.plan('many.surgery.json', { data: { train: { ...sample.data.train, take: 5000 } } });
    const refused = await refusal(1, 'run', tooMany, '--out', place.path('nothing'));
    assert.match(refused.code, /^(plan-invalid|data-mismatch)$/);
    assert.ok(!place.files().includes('nothing'));
  });
});
