import type { Plan } from '../../src/core/plan/plan';
import { RandomStream } from '../../src/core/training/random';
import { resolveArms } from '../../src/core/verdict/arms';
import type { ArmRunner, ArmTask } from '../../src/core/verdict/runArm';
import { runVerdict } from '../../src/core/verdict/runVerdict';
import type { Verdict } from '../../src/core/verdict/verdict';

/** A world in which the truth is known: how large the errors of two arms are, and how they scatter. */
export interface World {
  readonly seed: number;
  readonly pairs: number;
  /** Configurations that were tried on the test set before. */
  readonly triedBefore?: number;
  readonly tuneTransfer?: boolean;
  /** Added to the error of transfer: 0 where nothing is to be found. */
  readonly effect?: number;
  /** Spread of one arm's error, of what a pair shares not counted. */
  readonly spread: number;
  /** How much a rate half a decade beside the best costs. */
  readonly curvature?: number;
  /** Draws the scatter of an error, of spread one. */
  readonly draw?: (random: RandomStream) => number;
  readonly testSamples?: number;
}

const plan: Plan = {
  version: 1, model: 'm.keras', operations: [], compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
  data: { train: { inputs: 'x', targets: 'y', take: 200 }, test: { inputs: 'x', targets: 'y' } },
  phases: [{ freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 0.01 } }, epochs: 1, batchSize: 32 }],
};

const ERROR = 0.2;
const TEST_SAMPLES = 2000;

/** A whole verdict on simulated trainings: tuning, pairs, statistics and word are those of the program. */
function simulateVerdict(world: World): Promise<Verdict> {
  const { seed, pairs, triedBefore = 0, tuneTransfer = false } = world;
  const configurations = new Set(Array.from({ length: triedBefore }, (_, index) => `tried before: ${index}`));
  return runVerdict({
    plan: { ...plan, seed: 100_000 * seed }, runner: runnerIn(world), engine: 'simulated', clock: { now: () => 0 }, finished: { tunings: [], pairs: [] },
    history: { configurations, own: ['this one'], looks: 0, ledger: null, fault: null },
    settings: { arms: resolveArms(plan, { names: ['transfer', 'scratch'], tuneTransfer, plans: new Map() }), pairs, classes: [], timeBudget: 1 },
    emit: () => undefined,
  });
}

/** Seeds decide everything, as in a training: what two arms of a pair share is a matter of the pair's seed. */
function runnerIn(world: World): ArmRunner {
  const { spread, effect = 0, curvature = 0, testSamples = TEST_SAMPLES } = world;
  const draw = world.draw ?? ((random: RandomStream): number => random.normal());
  const best = new RandomStream(world.seed, 'best rate').uniform() - 0.5;
  const errorOf = ({ arm, factor, seeds, judgedOn }: ArmTask): number => {
    const shared = new RandomStream(seeds.sample, 'simulated/shared').normal();
    const own = draw(new RandomStream(seeds.sample, `simulated/${arm}/${factor}/${judgedOn}`));
    const halfDecades = 2 * Math.log10(factor) - best;
    const exact = ERROR + curvature * halfDecades ** 2 + 0.5 * spread * shared + spread * own + (arm === 'transfer' ? effect : 0);
    return Math.round(testSamples * Math.min(1, Math.max(0, exact))) / testSamples;
  };
  return { lanes: 1, run: (task) => Promise.resolve({ figures: { loss: 1, accuracy: 1 - errorOf(task) }, seconds: 1, testSamples, curve: [] }) };
}

export interface Claims { readonly helps: number; readonly hurts: number; readonly simulations: number }

/** How many of so many verdicts claim a difference; a negligible gain is a claim, too. */
export async function countClaims(simulations: number, world: (simulation: number) => World): Promise<Claims> {
  const claims = { helps: 0, hurts: 0, simulations };
  for (let simulation = 0; simulation < simulations; simulation++) {
    const { verdict } = await simulateVerdict(world(simulation));
    if (verdict === 'helps' || verdict === 'helps-negligibly') claims.helps++;
    if (verdict === 'hurts') claims.hurts++;
  }
  return claims;
}

/** What chance adds in so many simulations, with one such test in forty beyond it. */
export function slackOf(share: number, simulations: number): number {
  return 1.96 * Math.sqrt((share * (1 - share)) / simulations);
}
