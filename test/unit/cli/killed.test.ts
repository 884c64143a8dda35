import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { answer, cli, cliKilledAt, errorOf, eventsOf, Workplace } from './workplace';

/** At how many of a run's file calls it is killed, spread evenly; `FILE_CALLS=all` for each one. */
const { FILE_CALLS: asked = '6' } = process.env;

describe('cli run, killed at a file call', function () {
  this.timeout(asked === 'all' ? 3_600_000 : 300_000);
  const place = new Workplace();
  after(() => place.remove());

  it('goes on from a whole checkpoint, or says that there is none yet, and leaves no temporary', async () => {
    const sgd = { class_name: 'SGD', config: { learning_rate: 0.01, momentum: 0.9 } };
    const plan = place.plan('killed.surgery.json', { phases: [
      { freeze: 'all but head', optimizer: sgd, epochs: 1, batchSize: 200 },
      { freeze: 'nothing', optimizer: sgd, epochs: 1, batchSize: 100 },
    ] });
    const out = place.path('out');
    const run = ['run', plan, '--out', out, '--json', '--checkpoint-every', '0'];
    const whole = await cliKilledAt(0, out, run);
    assert.equal(whole.code, 0, whole.stderr);
    const calls = Number(/file calls: (\d+)/.exec(whole.stderr)?.[1]);
    assert.ok(calls > 50, `${calls} calls`);
    const [model, best] = [place.read('out/model.keras'), place.read('out/best.keras')];

    const points = asked === 'all' ? calls : Math.min(calls, Number(asked));
    for (let point = 0; point < points; point++) {
      const call = 1 + Math.floor((point * calls) / points);
      rmSync(out, { recursive: true, force: true });
      const killed = await cliKilledAt(call, out, run);
      assert.equal(killed.code, null, `call ${call}: ${killed.stderr}`);
      let again = await cli([...run, '--resume']);
      if (again.code === 1 && errorOf(again).code === 'file-missing') again = await cli(run);
      assert.equal(again.code, 0, `call ${call}: ${again.stderr}`);
      assert.deepEqual(place.files('out'), ['best.keras', 'events.jsonl', 'model.keras'], `call ${call}: nothing else is left`);
      assert.deepEqual([place.read('out/model.keras').equals(model), place.read('out/best.keras').equals(best)], [true, true], `call ${call}: the same bytes`);
      assert.equal(eventsOf(place.read('out/events.jsonl').toString()).at(-1)?.type, 'saved', `call ${call}`);
    }
    assert.equal((await answer('inspect', place.path('out/model.keras'))).format, 'keras');
  });
});
