import type { Plan } from '../../src/core/plan/plan';
import { RandomStream } from '../../src/core/training/random';
import { resolveArms } from '../../src/core/verdict/arms';
import { rateFactors } from '../../src/core/verdict/learningRates';
import type { PairRecord } from '../../src/core/verdict/records';
import type { ArmRunner, ArmTask, Classes } from '../../src/core/verdict/runArm';
import { runVerdict } from '../../src/core/verdict/runVerdict';
import { chooseFactor, type Tuning } from '../../src/core/verdict/tune';
import type { Verdict } from '../../src/core/verdict/verdict';

/** A world in which the truth is known: how large the errors of two arms are, and how they scatter. */
export interface World {
  readonly seed: number;
  /** For the intervals: words need none. */
  readonly resamples?: number;
  readonly pairs: number;
  /** Configurations that were tried on the test set before. */
  readonly triedBefore?: number;
  /** Which look at the comparison it is. */
  readonly look?: number;
  readonly tuneTransfer?: boolean;
  /** Added to the error of transfer: 0 where nothing is to be found. */
  readonly effect?: number;
  /** The plan's own rates, not tuned, give on average what tuning gives scratch. */
  readonly levelled?: boolean;
  /** Spread of one arm's error, of what a pair shares not counted. */
  readonly spread: number;
  /** How much a rate half a decade beside the best costs. */
  readonly curvature?: number;
  /** Draws the scatter of an error, of mean 0 and spread 1. */
  readonly draw?: (random: RandomStream, arm: string) => number;
  readonly testSamples?: number;
  /** Each sample of the test set has a difficulty of its own, the same for both arms and for all pairs. */
  readonly sharedTest?: boolean;
  /** Pairs take turns with so many classes, which differ in what transfer gains by so much; over all of them it gains nothing. */
  readonly classes?: { readonly count: number; readonly apart: number };
}

const plan: Plan = {
  version: 1, model: 'm.keras', operations: [], compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
  data: { train: { inputs: 'x', targets: 'y', take: 200 }, test: { inputs: 'x', targets: 'y' } },
  phases: [{ freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 0.01 } }, epochs: 1, batchSize: 32 }],
};

const ERROR = 0.2;
const TEST_SAMPLES = 2000;

/** What a verdict that goes on has already. */
interface Begun {
  readonly tunings: Tuning[];
  readonly pairs: PairRecord[];
  /** Numbers of pairs at which it was given before. */
  readonly looked: readonly number[];
}

const nothing: Begun = { tunings: [], pairs: [], looked: [] };

/** A whole verdict on simulated trainings: tuning, pairs, statistics and word are those of the program. */
function simulateVerdict(world: World, begun: Begun = nothing): Promise<Verdict> {
  const { seed, pairs, triedBefore = 0, tuneTransfer = false, look = 1, resamples = 20 } = world;
  const configurations = new Set(Array.from({ length: triedBefore }, (_, index) => `tried before: ${index}`));
  const looked = begun === nothing ? Array.from({ length: look - 1 }, (_, index) => -index) : begun.looked;
  return runVerdict({
    resamples, plan: { ...plan, seed: 100_000 * seed }, runner: runnerIn(world), engine: 'simulated', clock: { now: () => 0 },
    finished: { tunings: [...begun.tunings], pairs: [...begun.pairs] },
    history: { configurations, own: ['this one'], looks: 0, log: 'this', earlier: looked.map((count) => ({ log: 'this', pairs: count })), ledger: null, fault: null, elsewhere: [] },
    settings: { arms: resolveArms(plan, { names: ['transfer', 'scratch'], tuneTransfer, plans: new Map() }), pairs, classes: classesOf(world), timeBudget: 1 },
    emit: (event) => {
      if (begun === nothing) return;
      if (event.type === 'tuned') begun.tunings.push(event.tuning);
      if (event.type === 'pair') begun.pairs.push(event.record);
    },
  });
}

/** The same verdict with more and more pairs, until one claims a difference: the word of the last. */
export async function simulatePersistence(world: Omit<World, 'pairs'>, counts: readonly number[]): Promise<Verdict> {
  const [first, ...others] = counts;
  const begun = { tunings: [], pairs: [], looked: [] as number[] };
  let verdict = await simulateVerdict({ ...world, pairs: first }, begun);
  for (const pairs of others) {
    if (claims(verdict)) return verdict;
    begun.looked.push(verdict.pairs.length);
    verdict = await simulateVerdict({ ...world, pairs }, begun);
  }
  return verdict;
}

function classesOf({ classes }: World): Classes[] {
  return Array.from({ length: classes?.count ?? 0 }, (_, index) => ({ [index]: 0 }));
}

/** Seeds decide everything, as in a training: what two arms of a pair share is a matter of the pair's seed. */
function runnerIn(world: World): ArmRunner {
  const { spread, curvature = 0, testSamples = TEST_SAMPLES } = world;
  const draw = world.draw ?? ((random: RandomStream): number => random.normal());
  const best = new RandomStream(world.seed, 'best rate').uniform() - 0.5;
  const effect = (world.effect ?? 0) + (world.levelled ? levelling(world, best) : 0);
  const measure = world.sharedTest ? sharedTestOf(world) : (exact: number): number => Math.round(testSamples * exact) / testSamples;
  const errorOf = ({ arm, factor, seeds, judgedOn, classes }: ArmTask): number => {
    const shared = new RandomStream(seeds.sample, 'simulated/shared').normal();
    const own = draw(new RandomStream(seeds.sample, `simulated/${arm}/${factor}/${judgedOn}`), arm);
    const gained = arm === 'transfer' ? effect + gainOf(world, classes) : 0;
    const exact = ERROR + costOf(factor, curvature, best) + 0.5 * spread * shared + spread * own + gained;
    return measure(Math.min(1, Math.max(0, exact)), new RandomStream(seeds.sample, `measured/${arm}/${factor}/${judgedOn}`));
  };
  return { lanes: 1, run: (task) => Promise.resolve({ figures: { loss: 1, accuracy: 1 - errorOf(task) }, seconds: 1, testSamples, curve: [] }) };
}

function costOf(factor: number, curvature: number, best: number): number {
  return curvature * (2 * Math.log10(factor) - best) ** 2;
}

/** Evenly spaced around 0. */
function gainOf({ classes }: World, taken: Classes | null): number {
  if (!classes || !taken) return 0;
  const [index] = Object.keys(taken).map(Number);
  return classes.apart * (index - (classes.count - 1) / 2);
}

/** What a choice by one noisy run of each rate costs on average above the plan's own rates. */
function levelling({ seed, spread, curvature = 0 }: World, best: number): number {
  const random = new RandomStream(seed, 'levelling');
  const rounds = 2000;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const factor = chooseFactor(rateFactors.map((each) => costOf(each, curvature, best) + spread * random.normal()));
    sum += costOf(factor, curvature, best);
  }
  return sum / rounds - costOf(1, curvature, best);
}

/** Samples of the test set that a model gets wrong: each by its difficulty, which is the same for every model. */
function sharedTestOf({ seed, testSamples = TEST_SAMPLES }: World): (exact: number, random: RandomStream) => number {
  const difficulties = new RandomStream(seed, 'difficulties');
  // Squares of evenly spread numbers have a mean of 1/3: most samples are easy.
  const shares = Array.from({ length: testSamples }, () => 3 * difficulties.uniform() ** 2);
  return (exact, random) => shares.reduce((wrong, share) => wrong + (random.uniform() < exact * share ? 1 : 0), 0) / testSamples;
}

/** A negligible gain is a claim, too. */
function claims({ verdict }: Verdict): boolean {
  return verdict === 'helps' || verdict === 'helps-negligibly' || verdict === 'hurts';
}

export interface Claims { readonly helps: number; readonly hurts: number; readonly simulations: number }

/** How many of so many verdicts claim a difference. */
export async function countClaims(simulations: number, world: (simulation: number) => World): Promise<Claims> {
  return tally(simulations, (simulation) => simulateVerdict(world(simulation)));
}

/** Runs so many. */
export async function tally(simulations: number, simulate: (simulation: number) => Promise<Verdict>): Promise<Claims> {
  const counted = { helps: 0, hurts: 0, simulations };
  for (let simulation = 0; simulation < simulations; simulation++) {
    const verdict = await simulate(simulation);
    if (claims(verdict)) counted[verdict.verdict === 'hurts' ? 'hurts' : 'helps']++;
  }
  return counted;
}

/** What chance adds in so many simulations, with one such test in forty beyond it. */
export function slackOf(share: number, simulations: number): number {
  return 1.96 * Math.sqrt((share * (1 - share)) / simulations);
}

/** How many intervals of the mean difference, as the sentence has them, hold the truth. */
export async function countCovered(simulations: number, world: (simulation: number) => World): Promise<number> {
  let covered = 0;
  for (let simulation = 0; simulation < simulations; simulation++) {
    const { statistics: { meanInterval, meanIntervalOverTunings } } = await simulateVerdict({ resamples: 1000, ...world(simulation) });
    const [low, high] = meanIntervalOverTunings ?? meanInterval;
    if (low <= 0 && high >= 0) covered++;
  }
  return covered;
}
