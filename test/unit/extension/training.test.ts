import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../../src/core/run/events';
import { SurgeryDocument } from '../../../src/extension/document';
import { RunController } from '../../../src/extension/runController';
import { trainPhases } from '../../../src/extension/training';
import type { TrainRequest } from '../../../src/protocol/workerCalls';
import { fakeReader, plan } from './fakeReader';

const result: RunEvent = { seq: 0, time: '', type: 'result', test: null, samples: 1, seconds: 0, best: null };

describe('training', () => {
  let folder = '';
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'model-surgery-training-')); });
  afterEach(() => rm(folder, { recursive: true }));

  /** A trainer that answers with `answer`, after it wrote what a run writes. */
  async function setUp(answer: (request: TrainRequest, signal?: AbortSignal) => Promise<RunEvent>) {
    const asked: TrainRequest[] = [];
    const said: string[] = [];
    const runs = new RunController({ ask: (_, request, signal) => {
      asked.push(request);
      return answer(request, signal);
    } });
    const document = await SurgeryDocument.open(fakeReader().reader, { path: '/m.keras', operations: [], planPath: join(folder, 'p.surgery.json'), plan });
    const options = { runs, engine: 'reference', now: new Date(0), say: (message: string) => said.push(message) };
    return { asked, said, runs, document, options };
  }
  const writes = async ({ out }: TrainRequest): Promise<RunEvent> => {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'model.keras'), '');
    return result;
  };

  it('stands on the trained weights afterwards, so that phase 2 continues from phase 1', async () => {
    const { asked, said, document, options } = await setUp(writes);
    await document.setTrainable(['a'], false);
    assert.equal(await trainPhases(document, [1], options), result);
    await trainPhases(document, [2], options);
    const out = join(folder, '.model-surgery/runs/1970-01-01T00-00-00-000Z');
    assert.deepEqual(asked.map(({ phases, changedSinceCompile }) => [phases, changedSinceCompile]), [[[1], true], [[2], false]]);
    assert.deepEqual(asked[1]?.model, { path: join(out, 'model.keras'), operations: [], seed: 0 });
    assert.deepEqual(said, ['The run recompiles the model: changed since compile: 1 flag']);
  });

  it('runs all phases of the plan, and refuses one that it does not have', async () => {
    const { asked, document, options } = await setUp(writes);
    await trainPhases(document, 'all', options);
    assert.deepEqual(asked[0]?.phases, [1, 2]);
    await assert.rejects(trainPhases(document, [3], options), { code: 'usage' });
    assert.equal(asked.length, 1);
  });

  it('stays where it was when a stopped run has written nothing, and when a run fails', async () => {
    const { document, options } = await setUp(() => Promise.resolve(result));
    await trainPhases(document, [1], options);
    assert.equal(document.edited.path, '/m.keras');
    const failing = await setUp(() => Promise.reject(new Error('no')));
    await assert.rejects(trainPhases(failing.document, [1], failing.options), /no/);
    await failing.document.setTrainable(['a'], false);
    assert.equal(failing.document.operations.length, 1);
  });

  it('holds the document while it runs, refuses a second run, and stops by the signal', async () => {
    const { runs, document, options } = await setUp((_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve(result))));
    const first = trainPhases(document, [1], options);
    await new Promise((done) => setTimeout(done, 5));
    await assert.rejects(document.setTrainable(['a'], false), { code: 'operation-refused' });
    await assert.rejects(trainPhases(document, [1], options), { code: 'usage' });
    await assert.rejects(document.setTrainable(['a'], false), { code: 'operation-refused' });
    assert.equal(runs.stop(), true);
    assert.equal(await first, result);
    assert.equal(runs.running, false);
    await document.setTrainable(['a'], false);
  });
});
