import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { figuresOf, type Measured, type RunEvent } from '../core/run/events';

/** A run as its log tells it. */
export interface LoggedRun {
  /** absolute folder */
  readonly folder: string;
  readonly name: string;
  readonly events: readonly RunEvent[];
}

/** Beside the plan; every run has a folder of its own in it. */
export function runsFolder(planPath: string): string {
  return join(dirname(planPath), '.model-surgery', 'runs');
}

/** Sorts by time and is a file name everywhere: `2026-11-24T01-02-03-456Z`. */
export function runName(now: Date): string {
  return now.toISOString().replace(/[:.]/g, '-');
}

/** The events of one run; null where there is no log. */
export async function readRun(folder: string, name: string): Promise<LoggedRun | null> {
  try {
    return { folder, name, events: parseEvents(await readFile(join(folder, 'events.jsonl'), 'utf8')) };
  } catch {
    return null;
  }
}

/** A line that a crash cut off ends the log. */
export function parseEvents(text: string): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      events.push(JSON.parse(line) as RunEvent);
    } catch {
      break;
    }
  }
  return events;
}

/** What became of a run: `test accuracy 0.975`, `stopped in phase 1`, `failed: …`, `not finished`. */
export function outcomeOf(events: readonly RunEvent[]): string {
  for (const event of [...events].reverse()) {
    if (event.type === 'failed') return `failed: ${event.error.message}`;
    if (event.type === 'stopped') return `stopped in phase ${event.phase}`;
    if (event.type === 'result') return resultText(event.test);
  }
  return 'not finished';
}

/** Loss and metrics to four digits. */
export function resultText(figures: Measured | null): string {
  if (!figures) return 'done, no test set';
  return `test ${Object.entries(figuresOf(figures)).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ')}`;
}
