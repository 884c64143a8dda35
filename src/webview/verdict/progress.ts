import type { VerdictEvent } from '../../core/verdict/records';

/** How far a verdict is, folded from its events. Not how it stands: who stops it when it looks good fools himself. */
export interface VerdictProgress {
  readonly arms: readonly string[];
  /** In one sentence. */
  readonly text: string;
  /** Pairs that there will be; 0 until it is known. */
  readonly pairs: number;
  /** Runs that are finished, by arm. */
  readonly done: Readonly<Partial<Record<string, number>>>;
  readonly finishedPairs: number;
}

export const emptyProgress: VerdictProgress = { arms: [], text: 'Starting', pairs: 0, done: {}, finishedPairs: 0 };

export function foldProgress(progress: VerdictProgress, events: readonly VerdictEvent[]): VerdictProgress {
  return events.reduce(foldEvent, progress);
}

function foldEvent(progress: VerdictProgress, event: VerdictEvent): VerdictProgress {
  switch (event.type) {
    case 'tuning':
      return { ...progress, text: `Tuning ${event.arm} on validation data: run ${event.run} of ${event.runs}` };
    case 'tuned':
      return { ...progress, text: `${event.tuning.name}: learning rate ${event.learningRates.join(', ')} chosen out of ${event.tuning.errors.length}` };
    case 'estimate':
      return { ...progress, pairs: event.pairs, text: `${event.pairs} pairs${event.seconds === null ? '' : `, about ${showTime(event.seconds)}`}` };
    case 'arm':
      return { ...progress, pairs: event.pairs, done: { ...progress.done, [event.arm]: (progress.done[event.arm] ?? 0) + 1 } };
    case 'pair':
      return withPair(progress);
  }
}

function withPair(progress: VerdictProgress): VerdictProgress {
  const count = progress.finishedPairs + 1;
  return { ...progress, finishedPairs: count, text: `${count} of ${progress.pairs || '?'} pairs are finished` };
}

function showTime(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} minutes`;
}
