import { dirname } from 'node:path';
import { SurgeryError, toErrorRecord } from '../core/errors';
import type { RunEvent } from '../core/run/events';
import type { TrainRequest } from '../protocol/workerCalls';
import { Signal } from './events';
import { RunEvents } from './runEvents';

export interface Trainer {
  ask(name: 'train', value: TrainRequest, signal?: AbortSignal): Promise<RunEvent>;
}

/** The one run that may be on its way, and those it went on from. */
export class RunController {
  readonly events = new RunEvents();
  readonly onEvent = this.events.onEvent;
  private readonly state = new Signal<boolean>();
  /** Fires with true when a run begins and false when it has ended, however it ended. */
  readonly onDidChangeRunning = this.state.event;
  private current: AbortController | null = null;
  private chain: readonly string[] = [];
  private resumed = 0;

  constructor(private readonly trainer: Trainer) {}

  get running(): boolean { return this.current !== null; }
  /** The folders of the latest run and of those it went on from, oldest first. */
  get folders(): readonly string[] { return this.chain; }

  /** Resolves with `result` or `stopped`; rejects with `usage` while another run is on its way, or with the run's error. */
  run(request: TrainRequest): Promise<RunEvent> {
    return this.track(() => this.follow(request), (signal) => this.trainer.ask('train', request, signal));
  }

  /** The same for one that is made again from the ledger: it is shown alone. */
  replay<T>(out: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.track(() => {
      this.chain = [out];
      this.events.begin(out);
    }, ask);
  }

  private async track<T>(begin: () => void, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.current) throw new SurgeryError('usage', 'A run is on its way; stop it first');
    const controller = new AbortController();
    this.current = controller;
    begin();
    this.state.fire(true);
    try {
      return await ask(controller.signal);
    } catch (thrown) {
      this.tellFailure(thrown);
      throw thrown;
    } finally {
      this.current = null;
      this.state.fire(false);
    }
  }

  /** Runs of another window or an earlier one, oldest first, as their logs tell them. Passed over where runs are shown already. */
  restore(runs: readonly { readonly folder: string; readonly events: readonly RunEvent[] }[]): void {
    const first = runs.at(0);
    if (!first || this.running || !this.events.isEmpty) return;
    this.chain = runs.map(({ folder }) => folder);
    this.events.begin(first.folder);
    for (const { events } of runs) {
      this.events.goOn();
      for (const event of events) this.events.add(event);
    }
  }

  /** Shows a run of the ledger in place of the latest one. Throws `usage` while one is on its way. */
  display(run: { readonly folder: string; readonly events: readonly RunEvent[] }): void {
    if (this.running) throw new SurgeryError('usage', 'A run is on its way; stop it first');
    this.chain = [run.folder];
    this.events.begin(run.folder);
    this.events.goOn();
    for (const event of run.events) this.events.add(event);
    this.state.fire(false);
  }

  /** Acts at the next batch; false where nothing runs. */
  stop(): boolean {
    this.current?.abort();
    return this.current !== null;
  }

  /** A run on the weights that the run before left is shown with it: phase 2 after phase 1. */
  private follow({ model, out, resume = false }: TrainRequest): void {
    if (resume && this.chain.at(-1) === out) {
      this.resumed += 1;
      this.events.again(`${out} resumed ${this.resumed}`);
      return;
    }
    const goesOn = this.chain.at(-1) === dirname(model.path);
    this.chain = goesOn ? [...this.chain, out] : [out];
    if (goesOn) this.events.goOn();
    else this.events.begin(out);
  }

  /** A worker that died or a plan that was refused says nothing in the log: the page must not wait for it. */
  private tellFailure(thrown: unknown): void {
    const latest = this.events.latest;
    if (latest?.type === 'failed') return;
    this.events.add({ type: 'failed', error: toErrorRecord(thrown), seq: (latest?.seq ?? -1) + 1, time: new Date().toISOString() });
  }
}
