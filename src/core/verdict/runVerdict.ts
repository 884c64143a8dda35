import { SurgeryError } from '../errors';
import type { Plan } from '../plan/plan';
import { seedsOf } from '../plan/seeds';
import type { Clock } from '../ports';
import type { Arm } from './arms';
import { concurrently } from './concurrently';
import { conclude, type History } from './conclude';
import { chooseMeasure, errorOf, type ErrorMeasure } from './metric';
import type { Finished, PairRecord, VerdictEvent, VerdictSettings } from './records';
import type { ArmRun, ArmRunner, Classes } from './runArm';
import { chooseFactor, LEAST_TUNINGS, settingsOf, shiftSeeds, summarizeTunings, tryFactor, tuningOf, tuningsIn, type TunedArm, type Tuning } from './tune';
import { rateFactors } from './learningRates';
import type { ArmResult, Pair, Verdict } from './verdict';

/** Small models get as many pairs as find a probability of 0.75 with 5 % of either mistake (29 by Bouthillier et al. 2021). */
const DEFAULT_PAIRS = 30;
const LEAST_PAIRS = 10;

export interface VerdictOptions {
  readonly plan: Plan;
  readonly runner: ArmRunner;
  readonly clock: Clock;
  /** The engine's name. */
  readonly engine: string;
  readonly settings: VerdictSettings;
  readonly finished: Finished;
  /** What was done with this test set before. */
  readonly history: History;
  readonly emit: (event: VerdictEvent) => void;
  /** For the intervals; 10,000 where left out. Words and p need none. */
  readonly resamples?: number;
}

/**
 * Compares two arms over pairs that share seeds, samples and classes, the baseline tuned on validation data before. A stop keeps
 * the pairs that are finished and says what they say. Throws `stopped` where none is, and what a run throws.
 */
export async function runVerdict(options: VerdictOptions): Promise<Verdict> {
  return new VerdictRun(options).run();
}

class VerdictRun {
  private readonly started: number;
  private readonly tunings: Tuning[];
  private readonly pairs: PairRecord[];
  /** At the test set. */
  private looks = 0;
  /** Pairs that there will be. */
  private count = Infinity;
  /** Seconds of the runs that were made now, for the estimate. */
  private readonly durations: number[] = [];

  constructor(private readonly options: VerdictOptions) {
    this.started = options.clock.now();
    this.tunings = [...options.finished.tunings];
    this.pairs = [...options.finished.pairs];
  }

  async run(): Promise<Verdict> {
    const stopped = await this.work().then(() => false, (thrown: unknown) => {
      if (thrown instanceof SurgeryError && thrown.code === 'stopped' && this.pairs.length > 0) return true;
      throw thrown;
    });
    const { settings, plan, history, clock, engine, resamples } = this.options;
    const records = this.pairs.filter(({ pair }) => pair.pair <= this.count).sort((one, other) => one.pair.pair - other.pair.pair);
    return conclude({
      plan, settings, history, records, stopped, engine, looks: this.looks, ...(resamples !== undefined && { resamples }),
      tuned: new Map(settings.arms.map((arm) => [arm.name, this.tunedArm(arm)])),
      seconds: (clock.now() - this.started) / 1000,
    });
  }

  private async work(): Promise<void> {
    const { pairs } = this.options.settings;
    await this.tune(pairs === null ? LEAST_TUNINGS : this.tuningsFor(pairs));
    // The first pair is the measure where nothing was tuned.
    if (this.durations.length === 0 && this.pairs.length === 0) await this.runPairs([1]);
    this.count = this.countPairs();
    await this.tune(this.tuningsFor(this.count));
    await this.runPairs(Array.from({ length: this.count }, (_, index) => index + 1));
  }

  /** So many tunings of all arms that are tuned; each is kept as soon as it is whole. */
  private async tune(count: number): Promise<void> {
    const { plan, settings, emit, runner } = this.options;
    const known = new Set(this.tunings.map(({ name, tuning }) => `${tuning} ${name}`));
    const all = settings.arms.filter(({ tunedBy, name }) => tunedBy === name).flatMap((arm) => Array.from({ length: count }, (_, tuning) => ({ arm, tuning })));
    const missing = all.filter(({ arm, tuning }) => !known.has(`${tuning} ${arm.name}`)).map((begun) => ({
      ...begun, seeds: seedsOf(plan), classes: this.classesOf(begun.tuning), errors: new Map<number, number | null>(),
    }));
    let run = 0;
    const tasks = missing.flatMap((begun) => rateFactors.map((factor) => ({ begun, factor })));
    await concurrently(tasks, runner.lanes, async ({ begun, factor }) => {
      const { error, seconds } = await tryFactor(runner, begun, factor);
      begun.errors.set(factor, error);
      this.durations.push(seconds);
      emit({ type: 'tuning', arm: begun.arm.name, run: ++run, runs: tasks.length });
      if (begun.errors.size === rateFactors.length) this.keepTuning(begun);
    });
  }

  private keepTuning({ arm, tuning, errors: found }: { readonly arm: Arm; readonly tuning: number; readonly errors: ReadonlyMap<number, number | null> }): void {
    const errors = rateFactors.map((factor) => found.get(factor) ?? null);
    const factor = chooseFactor(errors);
    const kept = { name: arm.name, tuning, errors, factor };
    this.tunings.push(kept);
    this.options.emit({ type: 'tuned', tuning: kept, learningRates: settingsOf(arm, factor).learningRates });
  }

  /** Over all tunings that the pairs were run with. */
  private tunedArm(arm: Arm): TunedArm {
    const used = new Set(this.pairs.filter(({ pair }) => pair.pair <= this.count).map(({ pair }) => this.tuningOf(pair.pair)));
    const tuned = summarizeTunings(arm, this.tunings.filter(({ name, tuning }) => name === arm.tunedBy && used.has(tuning)));
    return arm.tunedBy === arm.name ? tuned : { ...tuned, tried: [] };
  }

  /** What the rates of an arm are multiplied by in a pair. */
  private factorOf(arm: Arm, pair: number): number {
    return this.tunings.find(({ name, tuning }) => name === arm.tunedBy && tuning === this.tuningOf(pair))?.factor ?? 1;
  }

  private tuningOf(pair: number): number {
    return tuningOf(pair, this.options.settings.classes.length);
  }

  private tuningsFor(pairs: number): number {
    return tuningsIn(pairs, this.options.settings.classes.length);
  }

  /** In turn, counted from 0. */
  private classesOf(turn: number): Classes | null {
    const { classes } = this.options.settings;
    return classes.length === 0 ? null : classes[turn % classes.length];
  }

  /** Says before the pairs how many there will be and how long they take. */
  private countPairs(): number {
    const { settings, emit, runner } = this.options;
    const { durations } = this;
    const each = durations.length === 0 ? null : (settings.arms.length * durations.reduce((sum, duration) => sum + duration, 0)) / durations.length / runner.lanes;
    const fitting = each === null || each === 0 ? DEFAULT_PAIRS : Math.floor(settings.timeBudget / each);
    const pairs = settings.pairs ?? Math.min(DEFAULT_PAIRS, Math.max(LEAST_PAIRS, fitting));
    const missing = pairs - this.pairs.filter(({ pair }) => pair.pair <= pairs).length;
    const tuned = settings.arms.filter(({ tunedBy, name }) => tunedBy === name).length;
    const untuned = tuned * this.tuningsFor(pairs) - this.tunings.length;
    emit({ type: 'estimate', pairs, seconds: each === null ? null : each * (missing + (Math.max(0, untuned) * rateFactors.length) / settings.arms.length) });
    return pairs;
  }

  /** Those of these pairs that are not there yet; every arm of every pair is a task of its own. */
  private async runPairs(numbers: readonly number[]): Promise<void> {
    const { settings: { arms }, runner } = this.options;
    const known = new Set(this.pairs.map(({ pair }) => pair.pair));
    const missing = numbers.filter((number) => !known.has(number)).map((number) => ({ ...this.about(number), runs: new Map<string, ArmRun>() }));
    const tasks = missing.flatMap((pair) => arms.map((arm) => ({ pair, arm })));
    await concurrently(tasks, runner.lanes, ({ pair, arm }) => this.runTask(pair, arm));
  }

  private about(pair: number): Pick<Pair, 'pair' | 'seed' | 'classes'> {
    return { pair, seed: shiftSeeds(seedsOf(this.options.plan), pair - 1), classes: this.classesOf(pair - 1) };
  }

  private async runTask(begun: BegunPair, arm: Arm): Promise<void> {
    const { settings: { arms, pairs }, runner, emit } = this.options;
    const { runs, ...about } = begun;
    const { pair, seed: seeds, classes } = about;
    const run = await runner.run({ arm: arm.name, factor: this.factorOf(arm, pair), seeds, classes, judgedOn: 'test' });
    runs.set(arm.name, run);
    this.looks += 1;
    this.durations.push(run.seconds);
    emit({ type: 'arm', pair, pairs: Number.isFinite(this.count) ? this.count : pairs ?? DEFAULT_PAIRS, arm: arm.name, seconds: run.seconds });
    const all = arms.flatMap(({ name }) => runs.get(name) ?? []);
    if (all.length < arms.length) return;
    const record = pairRecord(about, arms.map(({ name }, index) => ({ name, run: all[index], learningRates: settingsOf(arms[index], this.factorOf(arms[index], pair)).learningRates })));
    this.pairs.push(record);
    emit({ type: 'pair', record });
  }
}

type BegunPair = Pick<Pair, 'pair' | 'seed' | 'classes'> & { readonly runs: Map<string, ArmRun> };

interface EndedArm {
  readonly name: string;
  readonly run: ArmRun;
  readonly learningRates: readonly number[];
}

function pairRecord(about: Pick<Pair, 'pair' | 'seed' | 'classes'>, ended: readonly EndedArm[]): PairRecord {
  const metric = chooseMeasure(ended.find(({ run }) => run.figures)?.run.figures ?? {});
  const [transfer, scratch, ...others] = ended.map((arm) => armResult(arm, metric));
  return {
    metric,
    testSamples: ended[0].run.testSamples,
    pair: { ...about, transfer, scratch, others: Object.fromEntries(others.map((result, index) => [ended[index + 2].name, result])), difference: transfer.error - scratch.error },
    curves: Object.fromEntries(ended.map(({ name, run }) => [name, run.curve])),
  };
}

/** An arm that diverged has an infinite error: what it counts as is known when all pairs are there (`settleDiverged`). */
function armResult({ run: { figures, seconds }, learningRates }: EndedArm, metric: ErrorMeasure): ArmResult {
  const error = figures ? errorOf(figures, metric) : Infinity;
  return { error, loss: Number.isFinite(error) ? figures?.['loss'] ?? Infinity : Infinity, seconds, learningRates };
}
