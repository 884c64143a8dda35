import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurgeryError } from '../../../src/core/errors';
import type { Plan } from '../../../src/core/plan/plan';
import type { RunEvent } from '../../../src/core/run/events';
import { sha256OfFile } from '../../../src/node/fileBytes';
import type { EditedModel, TrainRequest } from '../../../src/protocol/workerCalls';
import { copySample } from '../../support/sampleCopy';
import { startWorker, type ForkedWorker } from './forked';

const sample = copySample();
const samples = sample.folder;
const source = join(samples, 'my_model_A.keras');
const planPath = join(samples, 'transfer.surgery.json');
const plan = JSON.parse(readFileSync(planPath, 'utf8')) as Plan;
const head = { op: 'replaceHead', units: 1, activation: 'sigmoid' } as const;
const unedited: EditedModel = { path: source, operations: [], seed: 0 };
const withHead: EditedModel = { path: source, operations: [head], seed: 0 };

const code = (expected: string) => (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === expected;

describe('worker process', () => {
  let worker: ForkedWorker;
  let folder = '';
  const request = (name: string, given: Partial<TrainRequest> = {}): TrainRequest =>
    ({ planPath, model: withHead, phases: [1, 2], changedSinceCompile: true, engine: 'onnxruntime', out: join(folder, name), ...given });
  /** The sample plan with phases that take longer than any test. */
  const endless: Plan = { ...plan, phases: plan.phases.map((phase) => ({ ...phase, epochs: 1_000_000 })) };

  before(() => { folder = mkdtempSync(join(tmpdir(), 'worker-')); });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    sample.remove();
  });
  beforeEach(() => { worker = startWorker(); });
  afterEach(() => { worker.child.kill('SIGKILL'); });

  it('inspects the sample as it is and as edited, and says numbers of its weights', async () => {
    const inspection = await worker.channel.ask('inspect', unedited);
    assert.deepEqual(inspection.parameters, { total: 276_158, trainable: 276_158, frozen: 0 });
    assert.equal(inspection.sha256, await sha256OfFile(source));
    const frozen = await worker.channel.ask('inspect', { ...withHead, operations: [head, { op: 'setTrainable', layers: 'all but head', trainable: false }] });
    assert.deepEqual(frozen.parameters, { total: 275_801, trainable: 51, frozen: 275_750 });
    const [kernel, bias] = await worker.channel.ask('weights', { ...unedited, layer: 'dense' });
    assert.deepEqual([kernel.name, kernel.shape, kernel.nan, kernel.inf, bias.name], ['kernel', [784, 300], 0, 0, 'bias']);
    assert.ok(kernel.std > 0.01 && kernel.min < kernel.mean && kernel.mean < kernel.max);
    assert.equal(kernel.histogram.counts.reduce((sum, count) => sum + count, 0), 784 * 300);
    const slice = await worker.channel.ask('weightSlice', { ...unedited, layer: 'dense', weight: 0, axes: [0, 1], index: [0, 0], most: 100 });
    assert.deepEqual([slice.rows, slice.columns, slice.rowStep, slice.columnStep, slice.values instanceof Float32Array], [98, 100, 8, 3, true]);
    await assert.rejects(worker.channel.ask('weights', { ...unedited, layer: 'nobody' }), code('layer-unknown'));
    const graft = { op: 'constructor' } as unknown as EditedModel['operations'][number];
    await assert.rejects(worker.channel.ask('inspect', { ...unedited, operations: [graft] }), code('operation-refused'));
  });

  it('outlives files that are broken or hostile', async () => {
    const bytes = readFileSync(source);
    const broken = { 'cut.keras': bytes.subarray(0, 5000), 'empty.keras': Buffer.alloc(0), 'text.keras': Buffer.from('hello'), 'flipped.keras': Buffer.from(bytes) };
    broken['flipped.keras'][Math.floor(bytes.length / 2)] ^= 1;
    for (const [name, content] of Object.entries(broken)) {
      writeFileSync(join(folder, name), content);
      await assert.rejects(worker.channel.ask('inspect', { path: join(folder, name), operations: [], seed: 0 }), (thrown) => thrown instanceof SurgeryError && thrown.code.startsWith('format-'), name);
    }
    await assert.rejects(worker.channel.ask('inspect', { path: join(folder, 'none.keras'), operations: [], seed: 0 }), code('file-missing'));
    assert.equal((await worker.channel.ask('inspect', unedited)).name, 'my_model_A');
  });

  it('reads a file again that was written since', async () => {
    const path = join(folder, 'changing.keras');
    writeFileSync(path, readFileSync(source));
    assert.equal((await worker.channel.ask('inspect', { path, operations: [], seed: 0 })).name, 'my_model_A');
    writeFileSync(path, 'no model');
    await assert.rejects(worker.channel.ask('inspect', { path, operations: [], seed: 0 }), code('format-unknown'));
  });

  it('trains both phases of the sample, evaluates and exports', async () => {
    const before = await sha256OfFile(source);
    const out = join(folder, 'both');
    const result = await worker.channel.ask('train', request('both'));
    assert.equal(result.type, 'result');
    assert.deepEqual(readdirSync(out).sort(), ['best.keras', 'events.jsonl', 'model.keras']);
    const logged = readFileSync(join(out, 'events.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as RunEvent);
    assert.deepEqual(logged.map(({ seq }) => seq), logged.map((_, index) => index));
    assert.deepEqual(logged, worker.events.filter(({ type }) => type !== 'progress'));
    const types = logged.map(({ type }) => type);
    assert.deepEqual([types.filter((type) => type === 'epoch').length, types.filter((type) => type === 'receipt').length, types[0], types.slice(-3)], [20, 2, 'start', ['result', 'saved', 'saved']]);
    assert.ok(logged.every((event) => event.type !== 'receipt' || event.ok));
    for (const event of logged) if (event.type === 'saved') assert.equal(event.sha256, await sha256OfFile(event.path));
    const trained: EditedModel = { path: join(out, 'model.keras'), operations: [], seed: 0 };
    const test = await worker.channel.ask('evaluate', { planPath, model: trained, split: 'test', engine: 'onnxruntime' });
    assert.ok(result.test);
    assert.ok(Math.abs(result.test.loss - test.loss) < 1e-6 && Number(test.metrics.accuracy) > 0.9, JSON.stringify(test));
    const exported = await worker.channel.ask('export', { model: trained, planPath, to: 'keras', out: join(folder, 'exported.keras') });
    assert.equal(exported.sha256, await sha256OfFile(exported.path));
    await assert.rejects(worker.channel.ask('export', { model: unedited, to: 'keras', out: source }), code('output-refused'));
    await assert.rejects(worker.channel.ask('export', { model: unedited, to: 'floppy', out: join(folder, 'x') }), code('usage'));
    assert.equal(await sha256OfFile(source), before);
  });

  it('gives the same bytes for the same plan and seed, and others for another', async () => {
    const short = { ...plan, phases: plan.phases.map((phase) => ({ ...phase, epochs: 1 })) };
    const hash = async (name: string, given: Plan): Promise<string> => {
      await worker.channel.ask('train', request(name, { plan: given }));
      return sha256OfFile(join(folder, name, 'model.keras'));
    };
    const first = await hash('one', short);
    assert.equal(await hash('two', short), first);
    assert.notEqual(await hash('three', { ...short, seed: 1 }), first);
  });

  it('makes a run of the ledger again from its record, as it was edited, to the same bytes', async () => {
    await worker.channel.ask('train', request('first', { phases: [2] }));
    const [{ id }] = (await worker.channel.ask('ledger', { planPath })).runs;
    const again = await worker.channel.ask('replayRun', { planPath, id, out: join(folder, 'again') });
    assert.equal(again.end.type, 'result');
    for (const name of ['model.keras', 'best.keras']) assert.deepEqual(readFileSync(join(folder, 'again', name)), readFileSync(join(folder, 'first', name)));
  });

  it('stops within a batch, keeps last and best, and answers meanwhile', async () => {
    const controller = new AbortController();
    const run = worker.channel.ask('train', request('stopped', { plan: endless }), controller.signal);
    await worker.heard(({ type }) => type === 'epoch');
    await worker.channel.ask('heartbeat', null);
    controller.abort();
    const stopped = await run;
    assert.deepEqual([stopped.type, readdirSync(join(folder, 'stopped')).sort()], ['stopped', ['best.keras', 'checkpoints', 'events.jsonl', 'model.keras']]);
    assert.equal((await worker.channel.ask('inspect', { path: join(folder, 'stopped', 'best.keras'), operations: [], seed: 0 })).head !== null, true);
  });

  it('writes nothing for a plan that is wrong, and says all of it', async () => {
    const wrong = { ...plan, phases: [{ ...plan.phases[0], epochs: 0, batchSize: 0 }] };
    await assert.rejects(worker.channel.ask('train', request('wrong', { plan: wrong, phases: [1] })), (thrown) =>
      code('plan-invalid')(thrown) && /phases\[0\]\.epochs.*phases\[0\]\.batchSize/.test((thrown as Error).message));
    await assert.rejects(worker.channel.ask('train', request('wrong', { model: unedited })), (thrown) => thrown instanceof SurgeryError);
    assert.equal(existsSync(join(folder, 'wrong')), false);
    const mistakes = await worker.channel.ask('checkPlan', { planPath, text: JSON.stringify({ ...plan, model: 'none.keras' }) });
    assert.deepEqual(mistakes.map(({ where }) => where), ['model']);
    const unfit = { ...plan, operations: [{ op: 'rename', layer: 'nobody', name: 'x' }], phases: [{ ...plan.phases[0], optimizer: 'Sgdd' }] };
    const unfitting = await worker.channel.ask('checkPlan', { planPath, text: JSON.stringify(unfit) });
    assert.deepEqual(unfitting.map(({ where }) => where), ['operations[0].layer', 'phases[0].optimizer']);
    const greedy = { ...plan, data: { ...plan.data, train: { ...plan.data.train, take: 1_000_000 } } };
    assert.deepEqual((await worker.channel.ask('checkPlan', { planPath, text: JSON.stringify(greedy) })).map(({ where }) => where), ['data.train.take']);
    assert.deepEqual(await worker.channel.ask('checkPlan', { planPath, text: JSON.stringify(plan) }), []);
  });

  it('says what a data file holds', async () => {
    const [labels] = await worker.channel.ask('describeData', { path: join(samples, 'pool-labels.idx1.gz') });
    assert.deepEqual([labels.member, labels.dtype, labels.labels], [null, 'uint8', [5, 6]]);
    const [images] = await worker.channel.ask('describeData', { path: join(samples, 'pool-images.idx3.gz') });
    assert.deepEqual([images.shape.slice(1), images.labels], [[28, 28], null]);
  });

  it('killed in a run, it leaves no model and a log that can be read', async () => {
    void worker.channel.ask('train', request('killed', { plan: endless })).catch(() => undefined);
    await worker.heard(({ type }) => type === 'epoch');
    worker.child.kill('SIGKILL');
    await worker.ended;
    const out = join(folder, 'killed');
    assert.deepEqual(readdirSync(out), ['events.jsonl']);
    const [start] = readFileSync(join(out, 'events.jsonl'), 'utf8').split('\n');
    assert.equal((JSON.parse(start) as RunEvent).type, 'start');
  });

  it('ends with its parent, after the last weights are written', async () => {
    void worker.channel.ask('train', request('orphan', { plan: endless })).catch(() => undefined);
    await worker.heard(({ type }) => type === 'epoch');
    worker.child.disconnect();
    assert.equal(await worker.ended, 0);
    assert.deepEqual(readdirSync(join(folder, 'orphan')).sort(), ['best.keras', 'checkpoints', 'events.jsonl', 'model.keras']);
  });

  it('says why TensorFlow cannot be installed from a folder, and leaves nothing', async () => {
    const target = join(folder, 'global/tensorflow');
    await assert.rejects(worker.channel.ask('installTensorflow', { target, from: folder }), code('engine-unavailable'));
    assert.deepEqual(readdirSync(join(folder, 'global')), []);
    await assert.rejects(worker.channel.ask('installTensorflow', { target: 'tensorflow' }), code('usage'));
  });

  it('says which engines run here', async () => {
    const reports = await worker.channel.ask('engines', { engine: 'auto' });
    assert.equal(reports.filter(({ chosen }) => chosen).length, 1);
    assert.ok(reports.some(({ name, available }) => name === 'onnxruntime' && available));
  });
});
