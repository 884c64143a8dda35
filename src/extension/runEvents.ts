import type { RunEvent } from '../core/run/events';
import { Signal } from './events';

/** What a page has not seen yet, and where to ask on. */
export interface RunNews {
  /** Names the runs that follow each other; null before the first. Another name than before means: start over. */
  readonly session: string | null;
  readonly events: readonly RunEvent[];
  /** What to ask with the next time. */
  readonly next: number;
}

/**
 * The events of the latest run and of the runs whose weights it went on from (phase 1, then phase 2), append only. A page asks
 * `since(place)`; live events are only hints. Each run numbers its own events, so a page counts places here.
 */
export class RunEvents {
  private logged: RunEvent[] = [];
  private session: string | null = null;
  /** Place of the latest run's first event. */
  private latestFrom = 0;
  private readonly live = new Signal<RunEvent>();
  readonly onEvent = this.live.event;

  /** Events from a place on; all of them where the page knows another session. */
  since(session: string | null, place: number): RunNews {
    const from = session === this.session ? place : 0;
    return { session: this.session, events: this.logged.slice(from), next: this.logged.length };
  }

  get isEmpty(): boolean { return this.logged.length === 0; }
  get latest(): RunEvent | undefined { return this.logged.at(-1); }

  /** A run begins that goes on from no run before it. */
  begin(session: string): void {
    this.logged = [];
    this.latestFrom = 0;
    this.session = session;
  }

  /** A run begins that goes on from the weights of the one before it. */
  goOn(): void {
    this.latestFrom = this.logged.length;
  }

  /** The latest run is resumed: it says again what it had said, so what is kept of it goes, and pages start over. */
  again(session: string): void {
    this.logged = this.logged.slice(0, this.latestFrom);
    this.session = session;
  }

  /** `progress` is passed on and not kept: it is not numbered. */
  add(event: RunEvent): void {
    if (event.type !== 'progress') this.logged.push(event);
    this.live.fire(event);
  }
}
