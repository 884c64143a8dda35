import type { RunEvent } from '../core/run/events';
import { Signal } from './events';

/** The events of the latest run, append only. A page asks `since(seq)`; live events are only hints. */
export class RunEvents {
  private readonly logged: RunEvent[] = [];
  private readonly live = new Signal<RunEvent>();
  readonly onEvent = this.live.event;

  /** Events with a higher sequence number; all of them after -1. */
  since(seq: number): readonly RunEvent[] {
    return this.logged.filter((event) => event.seq > seq);
  }

  /** A new run begins. */
  clear(): void {
    this.logged.length = 0;
  }

  /** `progress` is passed on and not kept: it is not numbered. */
  add(event: RunEvent): void {
    if (event.type !== 'progress') this.logged.push(event);
    this.live.fire(event);
  }
}
