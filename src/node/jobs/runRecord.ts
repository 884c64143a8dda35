import { basename } from 'node:path';
import type { ErrorRecord } from '../../core/errors';
import type { KeptRun } from '../../core/ledger/entry';
import { runSettings } from '../../core/ledger/settings';
import { seedsOf } from '../../core/plan/seeds';
import { figuresOf, type RunEvent } from '../../core/run/events';
import { systemClock } from '../systemClock';
import type { PlanArrays } from './dataFiles';
import { JobRecord, keptPath } from './jobRecords';
import type { RunJob } from './runPlan';

type Outcome = 'result' | 'stopped' | 'failed';

/** A run on its way into the ledger: from its first event, so that one that is refused before leaves nothing. */
export class RunRecord {
  private readonly record: JobRecord;
  private readonly job: RunJob;
  private readonly kept: Omit<KeptRun, 'saved'>;
  private readonly saved: Record<string, string> = {};
  private readonly started = systemClock.now();
  private begun: Promise<unknown> | undefined;
  private stoppedBy: string | null = null;
  /** Of the test set: it was looked at, whatever comes after. */
  private figures: Readonly<Record<string, number>> | null = null;

  constructor(job: RunJob, arrays: PlanArrays) {
    const { plan, model, engine } = job;
    const numbers = job.phases ?? plan.plan.phases.map((_, index) => index + 1);
    const phases = numbers.map((number) => plan.plan.phases[number - 1]);
    const operations = job.operations ?? plan.plan.operations;
    this.kept = {
      plan: plan.plan, phases: numbers, model: keptPath(plan, model.path),
      ...(job.operations ? { operations: job.operations } : {}), ...(job.changedSinceCompile === undefined ? {} : { changedSinceCompile: job.changedSinceCompile }),
    };
    this.job = { ...job, plan: { ...plan, plan: { ...plan.plan, operations, phases } } };
    this.record = new JobRecord({ plan, model, operations, phases, arrays, engine });
  }

  /** `unrecorded` is called where the ledger cannot be written. */
  hear(event: RunEvent, unrecorded: (error: ErrorRecord) => void): void {
    this.begun ??= this.record.begin('run').then((failure) => { if (failure) unrecorded(failure.toRecord()); });
    if (event.type === 'stopped') this.stoppedBy = event.reason;
    if (event.type === 'saved') this.saved[basename(event.path)] = event.sha256;
    if (event.type === 'result') this.figures = event.test && figuresOf(event.test);
  }

  /** Throws `write-failed`. */
  end(): Promise<void> {
    return this.write(this.stoppedBy === null ? 'result' : 'stopped', this.stoppedBy);
  }

  fail(reason: string): Promise<void> {
    return this.write('failed', reason);
  }

  private async write(outcome: Outcome, reason: string | null): Promise<void> {
    if (!this.begun) return;
    await this.begun;
    const { plan, out, resume = false, model, replayOf } = this.job;
    await this.record.end({
      kind: 'run', seed: seedsOf(plan.plan), outcome, reason, resumed: resume, figures: this.figures,
      settings: { ...runSettings(plan.plan), model: keptPath(plan, model.path) },
      folder: out === null ? null : keptPath(plan, out),
      kept: { ...this.kept, saved: this.saved },
      ...(replayOf !== undefined && { replayOf }),
      seconds: (systemClock.now() - this.started) / 1000,
    });
  }
}
