import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { answer, cli, errorOf, eventsOf, type LoggedEvent, refusal, sampleFolder, sampleModel, Workplace } from './workplace';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hidden = ['flatten', 'dense', 'dense_1', 'dense_2', 'dense_3', 'dense_4'];
const hex = /^[0-9a-f]{64}$/;

/** Fields of the contract's table; more may come. */
const fields: Readonly<Record<string, readonly string[]>> = {
  start: ['plan', 'model', 'engine', 'seed'],
  phase: ['phase', 'name', 'frozen', 'trainable', 'optimizer', 'recompiled', 'cachedPrefix'],
  epoch: ['phase', 'epoch', 'loss', 'metrics', 'validation', 'learningRate', 'seconds'],
  receipt: ['phase', 'ok', 'frozen', 'moved', 'still'],
  result: ['test', 'samples', 'seconds', 'best'],
  features: ['phase', 'set', 'bytes', 'kept', 'reused', 'seconds'],
  saved: ['path', 'sha256'],
  stopped: ['reason'],
  failed: ['error'],
};

function requireFields(events: readonly LoggedEvent[]): void {
  events.forEach((event, index) => {
    assert.equal(event.seq, index, 'no gap');
    assert.equal(new Date(event.time).toISOString(), event.time);
    assert.ok(event.type in fields, event.type);
    for (const field of fields[event.type]) assert.ok(field in event, `${event.type}.${field}`);
  });
}

describe('cli run', () => {
  const place = new Workplace();
  let plan = '';
  let events: LoggedEvent[] = [];
  const eventsNamed = (type: string): LoggedEvent[] => events.filter((event) => event.type === type);

  before(async () => {
    plan = place.plan('two.surgery.json');
    const ended = await cli(['run', plan, '--out', place.path('first'), '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stderr, '');
    events = eventsOf(ended.stdout);
  });
  after(() => place.remove());

  it('writes events without gaps, each with the fields of the contract', () => {
    requireFields(events);
    assert.deepEqual(events.map(({ type }) => type), ['start', 'phase', 'epoch', 'receipt', 'phase', 'epoch', 'epoch', 'receipt', 'result', 'saved', 'saved']);
  });

  it('logs the same events beside both models, and nothing else', () => {
    assert.deepEqual(place.files('first'), ['best.keras', 'events.jsonl', 'model.keras']);
    assert.deepEqual(eventsOf(place.read('first/events.jsonl').toString()), events);
    assert.deepEqual(eventsNamed('saved').map(({ path }) => path), [place.path('first/model.keras'), place.path('first/best.keras')]);
    for (const { path, sha256: said } of eventsNamed('saved')) assert.equal(said, sha256(place.read(`first/${String(path).split('/').at(-1) ?? ''}`)));
  });

  it('starts with the plan, the model, the engine and the seed', () => {
    const { plan: named, model, engine, seed } = events[0] as unknown as { plan: string; model: object; engine: { name: string; version: string }; seed: object };
    assert.equal(named, plan);
    assert.deepEqual(model, { path: sampleModel, sha256: '348f9340bd397e9f5744f6329bfc86e45519e6f83c55718aea139c59047460d2' });
    assert.match(engine.name, /^(tensorflow|onnxruntime|onnxruntime-wasm)$/);
    assert.match(engine.version, /^\d+\.\d+/);
    assert.deepEqual(seed, { initialization: 0, order: 0, sample: 0 });
  });

  it('says which layers each phase froze, and holds the receipt to them', () => {
    const [one, two] = eventsNamed('phase');
    assert.deepEqual([one.frozen, one.trainable], [hidden, ['head']]);
    assert.deepEqual([two.frozen, two.trainable], [[], [...hidden, 'head']]);
    const [first, second] = eventsNamed('receipt') as unknown as { ok: boolean; frozen: { weight: string; before: string; after: string }[]; moved: { weight: string; before: string; after: string; change: number }[]; still: string[] }[];
    assert.equal(first.frozen.length, 10);
    assert.ok(first.frozen.every(({ before, after }) => hex.test(before) && before === after));
    assert.deepEqual(first.moved.map(({ weight }) => weight), ['head/kernel', 'head/bias']);
    assert.equal(second.moved.length, 12);
    assert.ok(second.moved.every(({ before, after, change }) => hex.test(after) && before !== after && change > 0));
    assert.ok(first.ok && second.ok);
    assert.deepEqual([...first.still, ...second.still], []);
  });

  it('evaluates the saved model as the result said', async () => {
    const { test, samples } = events.find(({ type }) => type === 'result') as unknown as { test: { loss: number; accuracy: number }; samples: number };
    const evaluated = await answer('evaluate', place.path('first/model.keras'), '--plan', plan);
    assert.deepEqual(Object.keys(evaluated).sort(), ['loss', 'metrics', 'samples']);
    assert.equal(evaluated.samples, samples);
    assert.deepEqual(evaluated.metrics, { accuracy: test.accuracy });
    assert.ok(Math.abs((evaluated.loss as number) - test.loss) < 1e-6);
    const { samples: valid } = await answer('evaluate', place.path('first/model.keras'), '--plan', plan, '--split', 'validation');
    assert.equal(valid, 1000);
  });

  it('gives the same bytes for the same plan and seed, others for another seed', async () => {
    const [again, other] = await Promise.all([cli(['run', plan, '--out', place.path('again'), '--quiet']), cli(['run', plan, '--out', place.path('other'), '--seed', '7', '--json'])]);
    assert.deepEqual(again, { code: 0, stdout: '', stderr: '' });
    assert.deepEqual(place.read('again/model.keras'), place.read('first/model.keras'));
    assert.deepEqual(place.read('again/best.keras'), place.read('first/best.keras'));
    assert.notDeepEqual(place.read('other/model.keras'), place.read('first/model.keras'));
    assert.deepEqual(eventsOf(other.stdout)[0].seed, { initialization: 7, order: 7, sample: 7 });
  });

  it('keeps outputs of frozen layers on the disk where they may take no memory, and gives the same bytes', async () => {
    process.env.MODEL_SURGERY_FEATURES = place.path('features');
    try {
      for (const [name, reused] of [['spilled', false], ['found', true]] as const) {
        const ended = await cli(['run', plan, '--out', place.path(name), '--feature-memory', '0', '--json']);
        assert.equal(ended.code, 0, ended.stderr);
        const said = eventsOf(ended.stdout);
        requireFields(said);
        assert.deepEqual(said.filter(({ type }) => type === 'features').map((event) => [event.set, event.kept, event.reused]), [['train', 'disk', reused], ['validation', 'disk', reused]]);
        assert.deepEqual(place.read(`${name}/model.keras`), place.read('first/model.keras'));
      }
      assert.equal((await answer('features')).entries, 2);
      assert.deepEqual([(await answer('features', '--clear')).entries, place.files('features')], [2, []]);
    } finally {
      delete process.env.MODEL_SURGERY_FEATURES;
    }
    assert.equal((await refusal(2, 'run', plan, '--feature-memory', 'much')).code, 'usage');
  });

  it('keeps its log under .model-surgery beside the plan where no folder is named', async () => {
    mkdirSync(place.path('own'));
    const own = place.plan('own/own.surgery.json', { validation: undefined });
    assert.equal((await cli(['run', own, '--quiet'])).code, 0);
    const [run] = place.files('own/.model-surgery/runs');
    assert.deepEqual(place.files(join('own/.model-surgery/runs', run)), ['best.keras', 'events.jsonl', 'model.keras']);
  });

  it('stops at Ctrl+C: a stopped event, both models, exit 130', async () => {
    const phase = { name: 'long', freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 1e-4 } }, epochs: 100000, batchSize: 32 };
    const long = place.plan('long.surgery.json', { phases: [phase] });
    const ended = await cli(['run', long, '--out', place.path('stopped'), '--json'], { signal: 'SIGINT', when: (stdout) => stdout.includes('"epoch":2,') });
    assert.equal(ended.code, 130, ended.stderr);
    const said = eventsOf(ended.stdout);
    requireFields(said);
    assert.deepEqual(said.map(({ type }) => type).filter((type) => type !== 'epoch'), ['start', 'phase', 'stopped', 'saved', 'saved']);
    assert.equal(errorOf(ended).code, 'stopped');
    assert.deepEqual(place.files('stopped'), ['best.keras', 'checkpoints', 'events.jsonl', 'model.keras']);
    assert.equal((await answer('inspect', place.path('stopped/model.keras'))).format, 'keras');
    assert.equal((await answer('inspect', place.path('stopped/best.keras'))).format, 'keras');
  });

  it('that fails leaves its log at most, which ends with failed', async () => {
    const wild = { name: 'wild', freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 1e30 } }, epochs: 3, batchSize: 32 };
    const failing = place.plan('wild.surgery.json', { phases: [wild], compile: { loss: 'mean_squared_error', metrics: [] }, operations: [{ op: 'replaceHead', units: 1, activation: 'linear' }] });
    const ended = await cli(['run', failing, '--out', place.path('failed'), '--json']);
    assert.equal(ended.code, 1, ended.stderr);
    assert.equal(errorOf(ended).code, 'not-finite');
    assert.deepEqual(place.files('failed'), ['events.jsonl']);
    const said = eventsOf(place.read('failed/events.jsonl').toString());
    requireFields(said);
    assert.equal(said.at(-1)?.type, 'failed');
    assert.deepEqual(said.at(-1)?.error, errorOf(ended));
  });

  it('refuses a folder whose model.keras is the plan’s model, by whatever name', async () => {
    mkdirSync(place.path('guarded'));
    copyFileSync(sampleModel, place.path('guarded/model.keras'));
    const model = place.path('guarded/model.keras');
    const before = place.read('guarded/model.keras');
    assert.equal((await refusal(1, 'run', place.plan('guarded.surgery.json', { model }), '--out', place.path('guarded'))).code, 'output-refused');
    mkdirSync(place.path('linked'));
    linkSync(model, place.path('linked/best.keras'));
    assert.equal((await refusal(1, 'run', place.path('guarded.surgery.json'), '--out', place.path('linked'))).code, 'output-refused');
    assert.deepEqual(place.read('guarded/model.keras'), before);
    assert.deepEqual([place.files('guarded'), place.files('linked')], [['model.keras'], ['best.keras']]);
    assert.equal((await refusal(1, 'run', plan, '--out', join(sampleFolder, 'pool-images.idx3.gz'))).code, 'output-refused');
  });
});
