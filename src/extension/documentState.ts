import type { Inspection } from '../core/inspect/inspection';
import type { Plan } from '../core/plan/plan';
import type { Operation } from '../core/surgery/operation';
import { operationText } from '../core/surgery/operationText';
import type { DocumentSource, Edited, ModelReader } from './document';

/** What the model was compiled with. */
export interface Compiled {
  /** Own flag by layer path. */
  readonly flags: ReadonlyMap<string, boolean>;
  /** The operations other than flags: a new head may bear the old one's name. */
  readonly structure: string;
  /** The plan's words; null while there was no plan. */
  readonly settings: string | null;
}

export interface State extends Edited {
  readonly id: number;
  /** How often the file had been read when this was. */
  readonly reading: number;
  /** What led here. */
  readonly label: string;
  readonly inspection: Inspection;
  /** Null for a model that was never compiled. */
  readonly compiled: Compiled | null;
}

export async function readState(reader: ModelReader, { path, operations, plan, base = path }: DocumentSource): Promise<State> {
  const seed = seedOf(plan);
  const unedited = await reader.ask('inspect', { path: base, operations: [], seed });
  const inspection = operations.length === 0 ? unedited : await reader.ask('inspect', { path: base, operations, seed });
  const compiled = unedited.compile && { flags: flagsOf(unedited), structure: structuralOf([]), settings: settingsOf(plan) };
  return { id: 0, reading: 0, label: 'open', base, operations, inspection, compiled };
}

/** One state for each operation that the current state has not, so that each can be undone; from the file on where it goes another way. */
export async function readUnsaved(reader: ModelReader, { base, operations, plan }: DocumentSource & Edited, { start, current }: { readonly start: State; readonly current: State }): Promise<State[]> {
  const goesOn = base === current.base && sameEdits({ base, operations: operations.slice(0, current.operations.length) }, current);
  const states: State[] = goesOn ? [] : [start];
  for (let count = goesOn ? current.operations.length : 0; count < operations.length; count++) {
    const done = operations.slice(0, count + 1);
    const inspection = await reader.ask('inspect', { path: base, operations: done, seed: seedOf(plan) });
    states.push({ ...(goesOn ? current : start), label: operationText(operations[count]), operations: done, inspection });
  }
  return states;
}

export function sameEdits(one: Edited, other: Edited): boolean {
  return one.base === other.base && JSON.stringify(one.operations) === JSON.stringify(other.operations);
}

/** Own flag by layer path. */
export function flagsOf(inspection: Inspection): ReadonlyMap<string, boolean> {
  return new Map(inspection.layers.map(({ path, trainable }) => [path, trainable]));
}

export function structuralOf(operations: readonly Operation[]): string {
  return JSON.stringify(operations.filter(({ op }) => op !== 'setTrainable'));
}

export function settingsOf(plan: Plan | null): string | null {
  return plan && JSON.stringify([plan.compile, plan.phases.map(({ optimizer }) => optimizer)]);
}

export function seedOf(plan: Plan | null): number {
  const seed = plan?.seed ?? 0;
  return typeof seed === 'number' ? seed : seed.initialization;
}
