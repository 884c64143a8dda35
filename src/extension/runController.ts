import { SurgeryError } from '../core/errors';
import type { RunEvent } from '../core/run/events';
import type { TrainRequest } from '../protocol/workerCalls';
import { Signal } from './events';
import { RunEvents } from './runEvents';

export interface Trainer {
  ask(name: 'train', value: TrainRequest, signal?: AbortSignal): Promise<RunEvent>;
}

/** The one run that may be on its way. */
export class RunController {
  readonly events = new RunEvents();
  readonly onEvent = this.events.onEvent;
  private readonly state = new Signal<boolean>();
  /** Fires with true when a run begins and false when it has ended, however it ended. */
  readonly onDidChangeRunning = this.state.event;
  private current: AbortController | null = null;
  private out: string | null = null;

  constructor(private readonly trainer: Trainer) {}

  get running(): boolean { return this.current !== null; }
  /** The folder of the latest run; null before the first. */
  get folder(): string | null { return this.out; }

  /** Resolves with `result` or `stopped`; rejects with `usage` while another run is on its way, or with the run's error. */
  async run(request: TrainRequest): Promise<RunEvent> {
    if (this.current) throw new SurgeryError('usage', 'A run is on its way; stop it first');
    const controller = new AbortController();
    this.current = controller;
    this.out = request.out;
    this.events.clear();
    this.state.fire(true);
    try {
      return await this.trainer.ask('train', request, controller.signal);
    } finally {
      this.current = null;
      this.state.fire(false);
    }
  }

  /** Acts at the next batch; false where nothing runs. */
  stop(): boolean {
    this.current?.abort();
    return this.current !== null;
  }
}
