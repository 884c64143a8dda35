import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { DataSet, SampleArray } from '../../../../src/core/data/dataSet';
import { parseNpy } from '../../../../src/core/data/npy';
import { writeH5 } from '../../../../src/core/formats/writeH5';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import { readZip } from '../../../../src/core/formats/zip';
import type { Model } from '../../../../src/core/model/model';
import type { Engine } from '../../../../src/core/ports';
import { evaluateModel, predictModel } from '../../../../src/core/run/evaluate';
import type { RunEventBody } from '../../../../src/core/run/events';
import { type RunOptions, runPlan } from '../../../../src/core/run/runPlan';
import { networkSize } from '../../../../src/core/training/networkSize';
import { openEngine } from '../../../../src/engine/openEngine';
import { readModel, sourceOf } from '../../../support/memorySource';
import { sha256, tickingClock } from './goldenFits';

interface GoldenTexts {
  readonly texts: readonly string[];
  readonly users: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly lookups: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
  readonly reviews: { readonly before: readonly number[]; readonly losses: readonly number[]; readonly after: readonly number[]; readonly loss: number };
}

const folder = new URL('../../../keras/golden/texts/', import.meta.url);
const bytesOf = (name: string): Uint8Array => readFileSync(new URL(name, folder));
const golden = JSON.parse(readFileSync(new URL('texts.json', folder), 'utf8')) as GoldenTexts;
const samples = golden.texts.length;

const texts: SampleArray = { ...parseNpy(bytesOf('texts.npy'), 'texts.npy'), scale: 1 };
const users: SampleArray = { shape: [samples, 3], data: Float64Array.from(golden.users.flat()), scale: 1 };
const reviewSet: DataSet = { samples, inputs: { text: texts }, targets: { head: { shape: [samples, 1], data: Float32Array.from(golden.labels), scale: 1 } } };
const open = (name: string): Promise<Model> => readModel(sourceOf(bytesOf(name), name));

function close(received: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(received.length, expected.length, what);
  expected.forEach((value, index) => assert.ok(Math.abs(received[index] - value) <= 1e-5 * Math.max(1, Math.abs(value)), `${what}[${index}]: ${received[index]}, Keras has ${value}`));
}

for (const name of ['reference', 'onnxruntime'] as const) {
  describe(`texts on ${name}, judged by real Keras`, () => {
    let engine: Engine;
    before(async () => {
      engine = await openEngine(name, { write: () => {} });
    });
    after(() => engine.dispose());

    const predict = async (model: Model, inputs: DataSet['inputs']): Promise<Record<string, { shape: readonly number[]; data: ArrayLike<number> }>> =>
      ({ ...(await predictModel(model, { samples, inputs, targets: {} }, { engine, clock: tickingClock(), batchSize: 4 })) });

    const looksUp = async (model: Model): Promise<void> => {
      const found = await predict(model, { text: texts, users });
      for (const [output, { shape, data }] of Object.entries(golden.lookups)) {
        assert.deepEqual(found[output].shape, shape, output);
        close(found[output].data, data, output);
      }
    };

    it('vocabularies that were learnt and saved as assets, and their weights, are looked up as in Keras', async () => looksUp(await open('lookups.keras')));

    it('so after an export to .keras, which keeps the assets, and to .h5, which has none', async () => {
      const model = await open('lookups.keras');
      const written = await writeKeras(model);
      const assets = [...readZip(bytesOf('lookups.keras'), (member) => member.startsWith('assets/'))];
      assert.ok(assets.length > 8);
      for (const [member, bytes] of assets) assert.deepEqual([...(readZip(written, () => true).get(member) ?? [])], [...bytes], member);
      await looksUp(await readModel(sourceOf(written, 'again.keras')));
      await looksUp(await readModel(sourceOf(await writeH5(model), 'again.h5')));
    });

    it('a network behind texts trains step for step as in Keras, and evaluates', async () => {
      const model = await open('reviews.keras');
      close((await predict(model, { text: texts }))['head'].data, golden.reviews.before, 'before');
      const events: RunEventBody[] = [];
      const compile = { loss: 'binary_crossentropy', metrics: [] };
      const outcome = await runPlan(trainingOf({ model, set: reviewSet, engine, events }));
      assert.equal(outcome.end.type, 'result', JSON.stringify(outcome.end));
      close(events.flatMap((event) => (event.type === 'epoch' ? [event.loss] : [])), golden.reviews.losses, 'losses');
      close((await predict(outcome.last, { text: texts }))['head'].data, golden.reviews.after, 'after');
      const { loss } = await evaluateModel(outcome.last, reviewSet, compile, { engine, clock: tickingClock(), batchSize: 2 });
      close([loss], [golden.reviews.loss], 'loss');
    });
  });
}

function trainingOf({ model, set, engine, events }: { readonly model: Model; readonly set: DataSet; readonly engine: Engine; readonly events: RunEventBody[] }): RunOptions {
  return {
    model,
    plan: {
      compile: { loss: 'binary_crossentropy', metrics: [] },
      phases: [{ freeze: 'as set', optimizer: { class_name: 'SGD', config: { learning_rate: 0.5 } }, epochs: 2, batchSize: 2, shuffle: false }],
    },
    seed: { initialization: 0, order: 0, sample: 0 },
    data: { train: set, validation: set },
    engine,
    clock: tickingClock(),
    sha256,
    source: { plan: null, model: { path: 'reviews.keras', sha256: '' } },
    emit: (event) => events.push(event),
  };
}

describe('texts', () => {
  it('stand before a frozen prefix that is cached: the same losses as without a cache', async () => {
    const runs = await Promise.all((['reference', 'onnxruntime'] as const).map(async (name) => {
      const engine = await openEngine(name, { write: () => {} });
      const events: RunEventBody[] = [];
      const training = trainingOf({ model: await open('reviews.keras'), set: reviewSet, engine, events });
      const plan = { ...training.plan, phases: training.plan.phases.map((phase) => ({ ...phase, freeze: ['table'] })) };
      assert.equal((await runPlan({ ...training, plan })).end.type, 'result');
      await engine.dispose();
      return { cached: events.flatMap((event) => (event.type === 'phase' ? event.cachedPrefix : [])), losses: events.flatMap((event) => (event.type === 'epoch' ? [event.loss] : [])) };
    }));
    assert.deepEqual(runs.map(({ cached }) => cached), [[], ['tokens', 'table', 'mean']]);
    close(runs[1].losses, runs[0].losses, 'losses');
  });

  it('are refused by name where they meet what computes numbers, and numbers where texts belong', async () => {
    const engine = await openEngine('reference', { write: () => {} });
    const model = await open('reviews.keras');
    const feed = (input: SampleArray, of: Model = model): Promise<unknown> =>
      predictModel(of, { samples, inputs: { text: input }, targets: {} }, { engine, clock: tickingClock() });
    await assert.rejects(feed({ shape: [samples], data: new Float32Array(samples), scale: 1 }), { code: 'data-mismatch', where: 'text', expected: 'texts' });
    const { network } = model.root;
    const cut = { ...network, layers: network.layers.filter(({ name }) => name !== 'tokens'), calls: network.calls.filter(({ layer }) => layer !== 'tokens').map((call) => (call.layer === 'table' ? { ...call, args: [network.inputs[0].ref] } : call)) };
    await assert.rejects(feed(texts, { ...model, root: { ...model.root, network: cut } }), { code: 'unsupported', where: 'table' });
    await engine.dispose();
  });

  it('do not hide how large the network behind them is', async () => {
    assert.deepEqual(networkSize(await open('reviews.keras')), { weights: 12 * 3 + 4, convolutions: 0 });
  });
});
