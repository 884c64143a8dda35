import type { RunEvent } from '../core/run/events';
import { megabytes } from '../core/run/featureMemory';
import { showFigures, showNumber } from './table';
import type { Terminal } from './terminal';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

type Texts = { readonly [T in RunEvent['type']]?: (event: EventOf<T>) => string };

/** What failed is said when the command ends. */
const texts: Texts = {
  start: (event) => [`Engine ${event.engine.name} ${event.engine.version}; ${samplesText(event)}`, ...event.notes].join('\n'),
  phase: phaseText,
  features: featuresText,
  uncached: ({ reason }) => `  outputs of frozen layers are not kept: ${reason}`,
  epoch: epochText,
  receipt: receiptText,
  resumed: resumedText,
  converged: ({ loss }) => `  converged: the loss has stopped falling at ${showNumber(loss)}`,
  'not-converged': ({ message }) => `  warning: ${message}`,
  result: resultText,
  saved: ({ path }) => `  saved ${path}`,
  unrecorded: ({ error }) => `Not in the ledger: ${error.message}`,
  stopped: ({ reason }) => `Stopped: ${reason}`,
};

/** Says what happens in a run, for people. */
export function showEvent(event: RunEvent, terminal: Terminal): void {
  if (event.type === 'progress') {
    terminal.progress(progressText(event));
    return;
  }
  const text = texts[event.type] as ((event: RunEvent) => string) | undefined;
  if (text) terminal.say(text(event));
}

function samplesText({ samples }: EventOf<'start'>): string {
  return Object.entries(samples).map(([set, count]) => `${count} ${set} samples`).join(', ');
}

function phaseText(event: EventOf<'phase'>): string {
  const cached = event.cachedPrefix.length > 0 ? `; outputs of ${event.cachedPrefix.length} frozen layers computed once` : '';
  const frozen = event.frozen.length > 0 ? event.frozen.join(', ') : 'nothing';
  return `\n${event.name}${event.recompiled ? ' (recompiled)' : ''}: frozen ${frozen}${cached}`;
}

function featuresText({ set, bytes, reused, seconds }: EventOf<'features'>): string {
  return `  outputs of frozen layers for the ${set} set: ${reused ? 'found' : 'computed'}, ${megabytes(bytes)} on the disk (${seconds.toFixed(1)} s)`;
}

const barWidth = 24;

function progressText({ epoch, step, steps, loss }: EventOf<'progress'>): string {
  const done = Math.round((step / Math.max(1, steps)) * barWidth);
  return `  epoch ${epoch} [${'#'.repeat(done)}${'.'.repeat(barWidth - done)}] ${step}/${steps} loss ${showNumber(loss)}`;
}

function epochText({ epoch, loss, metrics, validation, learningRate }: EventOf<'epoch'>): string {
  const valid = validation ? `; validation ${showFigures(validation)}` : '';
  return `  epoch ${epoch}: ${showFigures({ loss, ...metrics })}${valid}; learning rate ${showNumber(learningRate)}`;
}

function receiptText({ ok, frozen, moved, still }: EventOf<'receipt'>): string {
  const verdict = ok ? `${frozen.length} frozen weights are byte for byte what they were` : 'A FROZEN WEIGHT MOVED';
  const warning = still.length > 0 ? `\n  warning: trainable, but did not move: ${still.join(', ')}` : '';
  return `  freeze receipt: ${verdict}; ${moved.length} others moved${warning}`;
}

function resumedText({ checkpoint, epochs, broken }: EventOf<'resumed'>): string {
  const damaged = broken.length > 0 ? `; not whole, so not used: ${broken.join(', ')}` : '';
  return `Resumed from ${checkpoint}, after ${epochs} whole epochs${damaged}`;
}

function resultText({ test, samples, seconds, best }: EventOf<'result'>): string {
  const at = best ? `; best validation loss in phase ${best.phase}, epoch ${best.epoch}` : '';
  return test ? `\nTest: ${showFigures(test)} on ${samples} samples (${seconds.toFixed(1)} s${at})` : `\nDone in ${seconds.toFixed(1)} s${at}; the plan has no test set`;
}
