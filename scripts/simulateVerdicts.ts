import { countClaims, slackOf } from '../test/support/simulatedVerdict';
import { nullWorlds, worldOf } from '../test/support/simulatedWorlds';

/**
 * `npx tsx scripts/simulateVerdicts.ts [simulations]`: how often whole verdicts on simulated trainings claim a difference where
 * there is none, and how often the number of pairs that they name finds one that is there. Ends with 1 where a promise is broken.
 */
const simulations = Number(process.argv[2] ?? 5000);
const [falseClaims, promised] = [0.05, 0.8];
let broken = 0;

function tell(name: string, share: number, kept: boolean): void {
  if (!kept) broken++;
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${(100 * share).toFixed(1).padStart(5)} %  ${name}`);
}

console.log(`No difference: at most 5 % claims, and ${(100 * slackOf(falseClaims, simulations)).toFixed(1)} % of chance in ${simulations} verdicts`);
for (const [name, world] of Object.entries(nullWorlds)) {
  const { helps, hurts } = await countClaims(simulations, (simulation) => ({ ...world, seed: simulation + 1 }));
  const share = (helps + hurts) / simulations;
  tell(name, share, share <= falseClaims + slackOf(falseClaims, simulations));
}
console.log('A difference, with the number of pairs that is named: found in 80 %');
for (const triedBefore of [0, 13]) {
  for (const effect of [0.4, 0.6, 1, 1.5]) {
    const world = worldOf(effect, triedBefore);
    const { helps } = await countClaims(simulations, (simulation) => ({ ...world, seed: simulation + 1 }));
    tell(`${effect} spreads, ${triedBefore + 1} configurations tried, ${world.pairs} pairs`, helps / simulations, helps / simulations >= promised - slackOf(promised, simulations));
  }
}
process.exitCode = broken > 0 ? 1 : 0;
