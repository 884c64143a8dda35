import { SurgeryError } from '../errors';
import { seedsOf } from '../plan/seeds';
import type { Arm } from './arms';
import { conclude, type History } from './conclude';
import { chooseMeasure, errorOf, type ErrorMeasure } from './metric';
import type { Finished, PairRecord, TunedRecord, VerdictEvent, VerdictSettings } from './records';
import { type ArmRun, type Classes, runArm, type VerdictSource, type VerdictTools } from './runArm';
import { settingsOf, shiftSeeds, tuneArm, TUNING_RUNS } from './tune';
import { rateFactors } from './learningRates';
import type { ArmResult, Pair, Verdict } from './verdict';

/** Small models get as many pairs as find a probability of 0.75 with 5 % of either mistake (29 by Bouthillier et al. 2021). */
const DEFAULT_PAIRS = 30;
const LEAST_PAIRS = 10;

export interface VerdictOptions extends VerdictTools {
  readonly source: VerdictSource;
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
    const { settings, source, history, clock, engine } = this.options;
    return conclude({
      plan: source.plan, settings, history, records: this.pairs, stopped, engine: engine.name,
      tuned: new Map(settings.arms.map((arm) => [arm.name, this.tunedArm(arm)])),
      seconds: (clock.now() - this.started) / 1000,
    });
  }

  private async work(): Promise<void> {
    for (const arm of this.options.settings.arms) if (arm.tunedBy === arm.name) await this.tune(arm);
    // The first pair is the measure where nothing was tuned.
    if (this.durations.length === 0 && this.pairs.length === 0) await this.runPair(1, this.options.settings.pairs ?? DEFAULT_PAIRS);
    const count = this.countPairs();
    for (let pair = this.pairs.length + 1; pair <= count; pair++) await this.runPair(pair, count);
  }

  private async tune(arm: Arm): Promise<void> {
    if (this.tuned.some(({ name }) => name === arm.name)) return;
    const { source, settings, emit } = this.options;
    const runs = TUNING_RUNS * rateFactors.length;
    let run = 0;
    const record = await tuneArm(source, this.options, {
      arm, seeds: seedsOf(source.plan), classes: this.classes(),
      progress: (_factor, seconds) => {
        this.durations.push(seconds);
        emit({ type: 'tuning', arm: arm.name, run: ++run, runs: runs * settings.arms.filter(({ tunedBy, name }) => tunedBy === name).length });
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
    const { settings, emit } = this.options;
    const each = this.durations.length === 0 ? null : (settings.arms.length * this.durations.reduce((sum, duration) => sum + duration, 0)) / this.durations.length;
    const fitting = each === null || each === 0 ? DEFAULT_PAIRS : Math.floor(settings.timeBudget / each);
    const pairs = settings.pairs ?? Math.min(DEFAULT_PAIRS, Math.max(LEAST_PAIRS, fitting));
    emit({ type: 'estimate', pairs, seconds: each === null ? null : each * (pairs - this.pairs.length) });
    return pairs;
  }

  private async runPair(pair: number, pairs: number): Promise<void> {
    const { source, settings, emit } = this.options;
    const seeds = shiftSeeds(seedsOf(source.plan), pair - 1);
    const choices = this.classes();
    const classes = choices[(pair - 1) % choices.length];
    const runs: ArmRun[] = [];
    for (const arm of settings.arms) {
      const run = await runArm(source, this.options, { arm, factor: this.tunedArm(arm).factor, seeds, classes, judgedOn: 'test' });
      runs.push(run);
      this.durations.push(run.seconds);
      emit({ type: 'arm', pair, pairs, arm: arm.name, seconds: run.seconds });
    }
    const record = pairRecord({ pair, seed: seeds, classes }, settings.arms, runs);
    this.pairs.push(record);
    emit({ type: 'pair', record });
  }
}

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
