import { countClaims, countCovered, simulatePersistence, slackOf, tally } from '../test/support/simulatedVerdict';
import { type Described, nullWorlds, persistentWorlds, worldOf } from '../test/support/simulatedWorlds';

/**
 * `npx tsx scripts/simulateVerdicts.ts [simulations]`: how often whole verdicts on simulated trainings claim a difference where
 * there is none, how often their interval of the mean holds the truth, and how often the number of pairs that they name finds a
 * difference that is there. Ends with 1 where a promise is broken.
 */
const simulations = Number(process.argv[2] ?? 1000);
const [falseClaims, coverage, promised] = [0.05, 0.95, 0.8];
let broken = 0;

function tell(name: string, share: number, kept: boolean): void {
  if (!kept) broken++;
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${(100 * share).toFixed(1).padStart(5)} %  ${name}`);
}

const seeded = (world: Described) => (simulation: number) => ({ ...world, seed: simulation + 1 });
const isFew = (share: number): boolean => share <= falseClaims + slackOf(falseClaims, simulations);
const shareOf = ({ helps, hurts }: { readonly helps: number; readonly hurts: number }): number => (helps + hurts) / simulations;

console.log(`No difference: at most 5 % claims, and ${(100 * slackOf(falseClaims, simulations)).toFixed(1)} % of chance in ${simulations} verdicts`);
for (const [name, world] of Object.entries(nullWorlds)) {
  const share = shareOf(await countClaims(simulations, seeded(world)));
  tell(name, share, isFew(share));
}
console.log('The same repeated with more pairs until a difference is claimed: at most 5 % claims');
for (const [name, { counts, ...world }] of Object.entries(persistentWorlds)) {
  const share = shareOf(await tally(simulations, (simulation) => simulatePersistence({ ...world, seed: simulation + 1 }, counts)));
  tell(name, share, isFew(share));
}
console.log('The interval of the mean: at least 95 % hold the truth');
for (const [name, world] of Object.entries(nullWorlds)) {
  const share = (await countCovered(simulations, seeded(world))) / simulations;
  tell(name, share, share >= coverage - slackOf(coverage, simulations));
}
console.log('A difference, with the number of pairs that is named: found in 80 %');
for (const others of [{}, { look: 2 }, { look: 3 }, { triedBefore: 13 }]) {
  for (const effect of [0.4, 0.6, 1, 1.5]) {
    const world = worldOf(effect, others);
    const { helps } = await countClaims(simulations, seeded(world));
    tell(`${effect} spreads, ${JSON.stringify(others)}, ${world.pairs} pairs`, helps / simulations, helps / simulations >= promised - slackOf(promised, simulations));
  }
}
process.exitCode = broken > 0 ? 1 : 0;
