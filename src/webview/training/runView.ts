import type { KerasObject } from '../../core/model/model';
import { figuresOf, type RunEvent } from '../../core/run/events';
import type { MetricValue } from '../../core/training/metrics/metric';

export interface EpochRow {
  readonly phase: number;
  readonly epoch: number;
  /** Epochs counted over all phases of all runs that are shown, from 1: the charts' axis. */
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
  /** Epochs that were planned. */
  readonly epochs: number;
  /** `SGD` */
  readonly optimizer: string;
  /** Null until it is known. */
  readonly learningRate: number | null;
  /** How the run ended in this phase: the test result, `stopped: …`, `failed: …`. */
  readonly outcome: string | null;
}

/** Runs that follow each other as the page shows them, folded from their events. */
export interface RunView {
  readonly phases: readonly PhaseRow[];
  readonly epochs: readonly EpochRow[];
  readonly lines: readonly string[];
  /** One sentence: where the latest run stands. */
  readonly status: string;
  /** The latest run has said how it ended. */
  readonly ended: boolean;
}

export const emptyRun: RunView = { phases: [], epochs: [], lines: [], status: 'No run yet.', ended: true };

/** Adds events in order. A further run goes on where the one before it ended. */
export function foldEvents(view: RunView, events: readonly RunEvent[]): RunView {
  return events.reduce(foldEvent, view);
}

/** What leaves the status as it is: the result is what its reader waits for. */
const asides: ReadonlySet<RunEvent['type']> = new Set(['saved', 'receipt', 'progress', 'features', 'uncached', 'unrecorded', 'converged', 'not-converged']);
const ends: ReadonlySet<RunEvent['type']> = new Set(['result', 'stopped', 'failed']);

function foldEvent(view: RunView, event: RunEvent): RunView {
  const said = linesOf(event);
  const grown = {
    ...view, lines: [...view.lines, ...said], status: asides.has(event.type) ? view.status : said.at(-1) ?? view.status,
    ended: asides.has(event.type) ? view.ended : ends.has(event.type),
  };
  switch (event.type) {
    case 'start':
      return { ...grown, status: 'Training' };
    case 'phase':
      return { ...grown, phases: [...view.phases, phaseRow(view, event)] };
    case 'epoch':
      return { ...grown, epochs: [...view.epochs, epochRow(view, event)], phases: withLatest(view.phases, { learningRate: event.learningRate }) };
    case 'result':
    case 'stopped':
    case 'failed':
      return { ...grown, phases: withLatest(view.phases, { outcome: said.join(' ') }) };
    default:
      return grown;
  }
}

function withLatest(phases: readonly PhaseRow[], more: Partial<PhaseRow>): readonly PhaseRow[] {
  return phases.map((phase, index) => (index === phases.length - 1 ? { ...phase, ...more } : phase));
}

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

function phaseRow(view: RunView, event: EventOf<'phase'>): PhaseRow {
  const { phase, name, frozen, trainable, recompiled, cachedPrefix, epochs, optimizer } = event;
  return {
    phase, name, frozen, trainable, recompiled, cached: cachedPrefix.length, start: view.epochs.length, epochs,
    optimizer: typeof optimizer === 'string' ? optimizer : optimizer.class_name, learningRate: rateOf(optimizer), outcome: null,
  };
}

/** A schedule has no one rate: the epochs tell it. */
function rateOf(optimizer: KerasObject): number | null {
  const rate = typeof optimizer === 'string' ? undefined : optimizer.config.learning_rate;
  return typeof rate === 'number' ? rate : null;
}

function epochRow(view: RunView, event: EventOf<'epoch'>): EpochRow {
  const { phase, epoch, loss, metrics, validation, learningRate, seconds } = event;
  return { phase, epoch, position: view.epochs.length + 1, learningRate, seconds, train: figuresOf({ loss, ...metrics }), validation: validation && figuresOf(validation) };
}

type Lines = { readonly [T in RunEvent['type']]?: (event: EventOf<T>) => string[] };

const lines: Lines = {
  start: (event) => [`Model ${event.model.path}; engine ${event.engine.name} ${event.engine.version}${event.engine.why === undefined ? '' : ` (${event.engine.why})`}; seed ${event.seed.initialization}`, ...event.notes],
  phase: (event) => [describePhase(event)],
  features: ({ set, bytes, reused }) => [`Outputs of frozen layers for the ${set} set ${reused ? 'were kept' : 'lie'} on the disk: ${Math.round(bytes / 2 ** 20)} MB`],
  uncached: ({ reason }) => [`Outputs of frozen layers are computed in every step: ${reason}`],
  epoch: (event) => [describeEpoch(event)],
  converged: (event) => [`Phase ${event.phase} has converged in epoch ${event.epoch}: its loss has stopped falling`],
  'not-converged': ({ message }) => [`Warning: ${message}`],
  receipt: (event) => [describeReceipt(event)],
  resumed: (event) => [describeResumed(event)],
  result: (event) => [describeResult(event)],
  saved: ({ path }) => [`Saved ${path}`],
  unrecorded: ({ error }) => [`Not in the ledger: ${error.message}`],
  stopped: ({ reason }) => [`stopped: ${reason}`],
  failed: ({ error }) => [`failed: ${error.message}`],
};

/** What an event says in the log; none for those that only carry figures. */
function linesOf(event: RunEvent): string[] {
  const say = lines[event.type] as ((event: RunEvent) => string[]) | undefined;
  return say?.(event) ?? [];
}

function describePhase(event: EventOf<'phase'>): string {
  const parts = [`${event.name}: ${event.trainable.length} layers trainable, frozen: ${event.frozen.join(', ') || 'nothing'}`];
  if (event.recompiled) parts.push('recompiled');
  if (event.cachedPrefix.length > 0) parts.push(`outputs of ${event.cachedPrefix.length} frozen layers kept`);
  return parts.join('; ');
}

function describeResult({ test, samples, seconds }: EventOf<'result'>): string {
  const time = `${seconds.toFixed(1)} s`;
  return test ? `Test: ${figures(test)} (${samples} samples, ${time})` : `Done in ${time}; the plan has no test set.`;
}

function describeResumed({ checkpoint, epochs, broken }: EventOf<'resumed'>): string {
  const damaged = broken.length > 0 ? `; not whole: ${broken.join(', ')}` : '';
  return `Resumed from checkpoint ${checkpoint}, after ${epochs} epochs${damaged}`;
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

function figures(values: Readonly<Record<string, MetricValue>>): string {
  return Object.entries(figuresOf(values)).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ');
}
