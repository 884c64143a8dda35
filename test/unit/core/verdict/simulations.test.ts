import assert from 'node:assert/strict';
import { RandomStream } from '../../../../src/core/training/random';
import { decide } from '../../../../src/core/verdict/decide';
import { signFlipP } from '../../../../src/core/verdict/signFlip';
import { judge } from '../../../../src/core/verdict/statistics';
import { countClaims, simulatePersistence, slackOf, tally } from '../../../support/simulatedVerdict';
import { nullWorlds, persistentWorlds, worldOf } from '../../../support/simulatedWorlds';
import { pairsOf } from './pairs';

const simulations = 1000;
const FALSE_CLAIMS = 0.05;
const PROMISED = 0.8;
const atMost = simulations * (FALSE_CLAIMS + slackOf(FALSE_CLAIMS, simulations));

/** More of them, in more worlds: scripts/simulateVerdicts.ts. */
describe(`whole verdicts without a difference: of ${simulations} at most 5 %, and 1.96 standard errors of that count, claim one`, function () {
  this.timeout(300_000);
  const worlds = ['errors that scatter evenly', 'the fewest pairs', 'arms tuned alike, where a rate beside the best costs as much as the scatter', 'the plan’s own rates against tuned ones that are no better and no worse'] as const;

  for (const name of worlds) {
    it(name, async () => {
      const { helps, hurts } = await countClaims(simulations, (simulation) => ({ ...nullWorlds[name], seed: simulation + 1 }));
      assert.ok(helps + hurts <= atMost, `${helps} help and ${hurts} hurt`);
      assert.ok(helps + hurts > 0, 'a test that claims nothing ever is no test');
    });
  }

  it('repeated with more pairs until one claims', async () => {
    const { counts, ...world } = persistentWorlds['twice as many each time, arms tuned alike'];
    const runs = 300;
    const { helps, hurts } = await tally(runs, (simulation) => simulatePersistence({ ...world, seed: simulation + 1 }, counts));
    assert.ok(helps + hurts <= runs * (FALSE_CLAIMS + slackOf(FALSE_CLAIMS, runs)) && helps + hurts > 0, `${helps} help and ${hurts} hurt`);
  });

  it('the best of 14 configurations that were tried', () => {
    const random = new RandomStream(21, 'best of many');
    let claims = 0;
    for (let run = 0; run < simulations; run++) {
      const tried = Array.from({ length: 14 }, () => Array.from({ length: 12 }, () => 0.01 * random.normal()));
      const [best] = tried.map((differences) => ({ differences, p: signFlipP(differences, run) })).sort((one, other) => one.p - other.p);
      const given = { pairs: pairsOf(best.differences), configurationsTried: 14, testSamples: 2000, seed: run };
      const word = decide({ ...given, statistics: judge({ ...given, look: 1, tunedOver: null, errorsAreRates: true }) });
      if (word !== 'no-difference-shown') claims++;
    }
    assert.ok(claims <= atMost && claims > 0, String(claims));
  });
});

describe('whole verdicts with a difference: the number of pairs that is named finds it four times out of five', function () {
  this.timeout(300_000);
  const runs = 400;
  const least = runs * (PROMISED - slackOf(PROMISED, runs));

  for (const [effect, triedBefore, look] of [[0.6, 0, 1], [1, 0, 2], [1.5, 13, 1]] as const) {
    it(`of ${effect} spreads, ${triedBefore + 1} configurations tried, at look ${look}`, async () => {
      const world = worldOf(effect, { triedBefore, look });
      const { helps, hurts } = await countClaims(runs, (simulation) => ({ ...world, seed: simulation + 1 }));
      assert.ok(helps >= least, `${helps} of ${runs} with ${world.pairs} pairs`);
      assert.equal(hurts, 0);
    });
  }
});
