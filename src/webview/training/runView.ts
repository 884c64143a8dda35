import type { RunEvent } from '../../core/run/events';

export interface EpochRow {
  readonly phase: number;
  readonly epoch: number;
  /** Epochs counted over all phases, from 1: the charts' axis. */
  readonly position: number;
  readonly learningRate: number;
  readonly seconds: number;
  /** `loss`, `accuracy`, … of training. */
  readonly train: Readonly<Record<string, number>>;
  readonly validation: Readonly<Record<string, number>> | null;
}

export interface PhaseRow {
  readonly phase: number;
  readonly name: string;
  readonly frozen: readonly string[];
  readonly trainable: readonly string[];
  /** Position before its first epoch. */
  readonly start: number;
  readonly recompiled: boolean;
  readonly cached: number;
}

/** A run as the page shows it, folded from its events. */
export interface RunView {
  readonly phases: readonly PhaseRow[];
  readonly epochs: readonly EpochRow[];
  readonly lines: readonly string[];
  /** One sentence: where the run stands. */
  readonly status: string;
  readonly next: number;
}

export const emptyRun: RunView = { phases: [], epochs: [], lines: [], status: 'No run yet.', next: 0 };

/** Adds events in order; ones that were seen before are passed over. */
export function foldEvents(view: RunView, events: readonly RunEvent[]): RunView {
  return events.filter((event) => event.seq >= view.next && event.type !== 'progress').reduce(foldEvent, view);
}

function foldEvent(view: RunView, event: RunEvent): RunView {
  const lines = [...view.lines, ...linesOf(event)];
  const status = lines.length > view.lines.length ? (lines[lines.length - 1] ?? view.status) : view.status;
  const grown = { ...view, lines, status, next: event.seq + 1 };
  switch (event.type) {
    case 'start':
      return { ...emptyRun, lines: linesOf(event), status: 'Training', next: event.seq + 1 };
    case 'phase':
      return { ...grown, phases: [...view.phases, phaseRow(view, event)] };
    case 'epoch':
      return { ...grown, epochs: [...view.epochs, epochRow(view, event)] };
    default:
      return grown;
  }
}

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

function phaseRow(view: RunView, event: EventOf<'phase'>): PhaseRow {
  const { phase, name, frozen, trainable, recompiled, cachedPrefix } = event;
  return { phase, name, frozen, trainable, recompiled, cached: cachedPrefix.length, start: view.epochs.length };
}

function epochRow(view: RunView, event: EventOf<'epoch'>): EpochRow {
  const { phase, epoch, loss, metrics, validation, learningRate, seconds } = event;
  return { phase, epoch, position: view.epochs.length + 1, learningRate, seconds, train: { loss, ...metrics }, validation };
}

/** What an event says in the log; none for those that only carry figures. */
function linesOf(event: RunEvent): string[] {
  switch (event.type) {
    case 'start':
      return [`Model ${event.model.path}; engine ${event.engine.name} ${event.engine.version}; seed ${event.seed.initialization}`, ...event.notes];
    case 'phase':
      return [describePhase(event)];
    case 'epoch':
      return [describeEpoch(event)];
    case 'receipt':
      return [describeReceipt(event)];
    case 'result':
      return [event.test ? `Test: ${figures(event.test)} (${event.samples} samples, ${event.seconds.toFixed(1)} s)` : `Done in ${event.seconds.toFixed(1)} s; the plan has no test set.`];
    case 'saved':
      return [`Saved ${event.path}`];
    case 'stopped':
      return [`stopped: ${event.reason}`];
    case 'failed':
      return [`failed: ${event.error.message}`];
    default:
      return [];
  }
}

function describePhase(event: EventOf<'phase'>): string {
  const parts = [`${event.name}: ${event.trainable.length} layers trainable, frozen: ${event.frozen.join(', ') || 'nothing'}`];
  if (event.recompiled) parts.push('recompiled');
  if (event.cachedPrefix.length > 0) parts.push(`outputs of ${event.cachedPrefix.length} frozen layers kept`);
  return parts.join('; ');
}

function describeEpoch(event: EventOf<'epoch'>): string {
  const validation = event.validation ? `; validation ${figures(event.validation)}` : '';
  return `Phase ${event.phase} epoch ${event.epoch}: ${figures({ loss: event.loss, ...event.metrics })}${validation}`;
}

function describeReceipt(event: EventOf<'receipt'>): string {
  const still = event.still.length > 0 ? `; trainable, but did not move: ${event.still.join(', ')}` : '';
  const frozen = event.ok ? `${event.frozen.length} frozen weights did not move` : 'a frozen weight MOVED';
  return `Freeze receipt of phase ${event.phase}: ${frozen}, ${event.moved.length} moved${still}`;
}

function figures(values: Readonly<Record<string, number>>): string {
  return Object.entries(values).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ');
}
