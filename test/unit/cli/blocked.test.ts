import assert from 'node:assert/strict';
import { writeNpy } from '../../../src/core/data/writeNpy';
import { buildIfStale } from '../../../scripts/build';
import { cli, cliBlockedAt, errorOf, Workplace } from './workplace';

describe('cli run, when the engine does not come back from a call', function () {
  this.timeout(600_000);
  const place = new Workplace();
  before(() => buildIfStale());
  after(() => place.remove());

  it('ends with an error that says so, and goes on from its checkpoint to the same bytes', async () => {
    const sgd = { class_name: 'SGD', config: { learning_rate: 0.001 } };
    // So many that the call is in a phase, behind a checkpoint, however the runtime's calls are grouped.
    const plan = place.plan('blocked.surgery.json', { phases: [
      { freeze: 'all but head', optimizer: sgd, epochs: 4, batchSize: 32 },
      { freeze: 'nothing', optimizer: sgd, epochs: 30, batchSize: 32 },
    ] });
    const run = (out: string): string[] => ['run', plan, '--out', place.path(out), '--json', '--engine', 'onnxruntime', '--checkpoint-every', '0'];
    const blocked = await cliBlockedAt(45, [...run('blocked'), '--engine-timeout', '20']);
    assert.equal(blocked.code, null, blocked.stderr);
    const { code, received } = errorOf(blocked);
    assert.deepEqual([code, received], ['deadline', 'nothing for 20 s']);
    assert.deepEqual(place.files('blocked'), ['checkpoints', 'events.jsonl']);
    const resumed = await cli([...run('blocked'), '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal((await cli(run('whole'))).code, 0);
    assert.ok(place.read('blocked/model.keras').equals(place.read('whole/model.keras')));
  });

  it('a run that goes well is left alone', async () => {
    const ended = await cliBlockedAt(0, ['run', place.plan('well.surgery.json'), '--out', place.path('well'), '--json', '--engine', 'onnxruntime', '--engine-timeout', '20']);
    assert.equal(ended.code, 0, ended.stderr);
  });

  it('evaluate, predict and suggest are watched as a run is', async () => {
    const [plan, model] = [place.plan('watched.surgery.json'), place.path('well/model.keras')];
    const data = place.write('x.npy', writeNpy([2, 28, 28], new Float32Array(2 * 28 * 28)));
    const commands = [['evaluate', model, '--plan', plan], ['predict', model, '--data', data, '--out', place.path('y.npy')], ['suggest', plan]];
    const blocked = await Promise.all(commands.map((args) => cliBlockedAt(1, [...args, '--json', '--engine', 'onnxruntime', '--engine-timeout', '20'])));
    assert.deepEqual(blocked.map((ended) => [ended.code, errorOf(ended).code]), commands.map(() => [null, 'deadline']));
  });
});
