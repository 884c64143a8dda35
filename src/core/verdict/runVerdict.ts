import { SurgeryError } from '../errors';
import type { Plan } from '../plan/plan';
import { seedsOf } from '../plan/seeds';
import type { Clock } from '../ports';
import type { Arm } from './arms';
import { concurrently } from './concurrently';
import { conclude, type History } from './conclude';
import { chooseMeasure, errorOf, type ErrorMeasure } from './metric';
import type { Finished, PairRecord, TunedRecord, VerdictEvent, VerdictSettings } from './records';
import type { ArmRun, ArmRunner, Classes } from './runArm';
import { settingsOf, shiftSeeds, tuneArm, TUNING_RUNS } from './tune';
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
  private readonly tuned: TunedRecord[];
  private readonly pairs: PairRecord[];
  /** At the test set. */
  private looks = 0;
  /** Pairs that there will be. */
  private count = Infinity;
  /** Seconds of the runs that were made now, for the estimate. */
  private readonly durations: number[] = [];

  constructor(private readonly options: VerdictOptions) {
    this.started = options.clock.now();
    this.tuned = [...options.finished.tuned];
    this.pairs = [...options.finished.pairs];
  }

  async run(): Promise<Verdict> {
    const stopped = await this.work().then(() => false, (thrown: unknown) => {
      if (thrown instanceof SurgeryError && thrown.code === 'stopped' && this.pairs.length > 0) return true;
      throw thrown;
    });
    const { settings, plan, history, clock, engine } = this.options;
    const records = this.pairs.filter(({ pair }) => pair.pair <= this.count).sort((one, other) => one.pair.pair - other.pair.pair);
    return conclude({
      plan, settings, history, records, stopped, engine, looks: this.looks,
      tuned: new Map(settings.arms.map((arm) => [arm.name, this.tunedArm(arm)])),
      seconds: (clock.now() - this.started) / 1000,
    });
  }

  private async work(): Promise<void> {
    for (const arm of this.options.settings.arms) if (arm.tunedBy === arm.name) await this.tune(arm);
    // The first pair is the measure where nothing was tuned.
    if (this.durations.length === 0 && this.pairs.length === 0) await this.runPairs([1]);
    this.count = this.countPairs();
    await this.runPairs(Array.from({ length: this.count }, (_, index) => index + 1));
  }

  private async tune(arm: Arm): Promise<void> {
    if (this.tuned.some(({ name }) => name === arm.name)) return;
    const { plan, settings, emit, runner } = this.options;
    const arms = settings.arms.filter(({ tunedBy, name }) => tunedBy === name);
    const runs = TUNING_RUNS * rateFactors.length;
    let run = runs * arms.indexOf(arm);
    const record = await tuneArm(runner, {
      arm, seeds: seedsOf(plan), classes: this.classes(),
      progress: (seconds) => {
        this.durations.push(seconds);
        emit({ type: 'tuning', arm: arm.name, run: ++run, runs: runs * arms.length });
      },
    });
    this.tuned.push(record);
    emit({ type: 'tuned', arm: record });
  }

  private tunedArm(arm: Arm): TunedRecord {
    const own = this.tuned.find(({ name }) => name === arm.tunedBy);
    const factor = own?.factor ?? 1;
    return { name: arm.name, tried: own?.name === arm.name ? own.tried : [], chosen: settingsOf(arm, factor), factor };
  }

  private classes(): readonly (Classes | null)[] {
    const { classes } = this.options.settings;
    return classes.length === 0 ? [null] : classes;
  }

  /** Says before the pairs how many there will be and how long they take. */
  private countPairs(): number {
    const { settings, emit, runner } = this.options;
    const { durations } = this;
    const each = durations.length === 0 ? null : (settings.arms.length * durations.reduce((sum, duration) => sum + duration, 0)) / durations.length / runner.lanes;
    const fitting = each === null || each === 0 ? DEFAULT_PAIRS : Math.floor(settings.timeBudget / each);
    const pairs = settings.pairs ?? Math.min(DEFAULT_PAIRS, Math.max(LEAST_PAIRS, fitting));
    const missing = pairs - this.pairs.filter(({ pair }) => pair.pair <= pairs).length;
    emit({ type: 'estimate', pairs, seconds: each === null ? null : each * missing });
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
    const choices = this.classes();
    return { pair, seed: shiftSeeds(seedsOf(this.options.plan), pair - 1), classes: choices[(pair - 1) % choices.length] };
  }

  private async runTask(begun: BegunPair, arm: Arm): Promise<void> {
    const { settings: { arms, pairs }, runner, emit } = this.options;
    const { runs, ...about } = begun;
    const { pair, seed: seeds, classes } = about;
    const run = await runner.run({ arm: arm.name, factor: this.tunedArm(arm).factor, seeds, classes, judgedOn: 'test' });
    runs.set(arm.name, run);
    this.looks += 1;
    this.durations.push(run.seconds);
    emit({ type: 'arm', pair, pairs: Number.isFinite(this.count) ? this.count : pairs ?? DEFAULT_PAIRS, arm: arm.name, seconds: run.seconds });
    const all = arms.flatMap(({ name }) => runs.get(name) ?? []);
    if (all.length < arms.length) return;
    const record = pairRecord(about, arms, all);
    this.pairs.push(record);
    emit({ type: 'pair', record });
  }
}

type BegunPair = Pick<Pair, 'pair' | 'seed' | 'classes'> & { readonly runs: Map<string, ArmRun> };

function pairRecord(about: Pick<Pair, 'pair' | 'seed' | 'classes'>, arms: readonly Arm[], runs: readonly ArmRun[]): PairRecord {
  const metric = chooseMeasure(runs.find(({ figures }) => figures)?.figures ?? {});
  const [transfer, scratch, ...others] = runs.map((run) => armResult(run, metric));
  const names = arms.map(({ name }) => name);
  return {
    metric,
    testSamples: runs[0].testSamples,
    pair: { ...about, transfer, scratch, others: Object.fromEntries(others.map((result, index) => [names[index + 2], result])), difference: transfer.error - scratch.error },
    curves: Object.fromEntries(runs.map(({ curve }, index) => [names[index], curve])),
  };
}

/** An arm that diverged got every sample wrong. Throws `not-finite` where its error has no worst value. */
function armResult({ figures, seconds }: ArmRun, metric: ErrorMeasure): ArmResult {
  const error = figures ? errorOf(figures, metric) : Infinity;
  if (Number.isFinite(error)) return { error, loss: figures?.['loss'] ?? Infinity, seconds };
  if (metric.isRate) return { error: 1, loss: Infinity, seconds };
  throw new SurgeryError('not-finite', 'An arm of the verdict diverged, and its metric has no worst value to count it with.', {
    expected: 'a finite error; lower learning rates may give one', received: String(error), where: metric.metric,
  });
}
