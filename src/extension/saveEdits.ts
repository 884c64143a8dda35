import { readFile } from 'node:fs/promises';
import { parsePlan } from '../core/plan/schema';
import type { Edited, SurgeryDocument } from './document';
import { withSetting } from './planEdit';
import { editsPathOf, editsText, readEdits, writeEdits, type SavedEdits } from './savedEdits';

/** How a plan's text is changed, its editor's unsaved lines included. */
export type PlanRewriter = (planPath: string, change: (text: string) => string) => Promise<void>;

/**
 * Writes the edits beside the source, never into it: into the plan that they came from, else into `MODEL.edits.json`. Weights
 * that were trained stay in their run's folder, which the edits name.
 */
export async function saveEdits(document: SurgeryDocument, rewritePlan: PlanRewriter): Promise<void> {
  await document.settled();
  const { operations, source: { path } } = document;
  const planPath = savedInPlan(document);
  if (planPath !== null) {
    const same = JSON.stringify(document.plan?.operations) === JSON.stringify(operations);
    if (!same) await rewritePlan(planPath, (text) => withSetting(text, ['operations'], operations));
  } else {
    await writeEdits(editsPathOf(path), editsText(path, { ...editsOf(document), plan: null }));
  }
  document.markSaved();
}

/**
 * What was saved of a model when this window read it, so that it can tell whether another has saved since: two windows on one model have
 * edits of their own, and one file to save them in.
 */
export class LastSaved {
  private readonly seen = new Map<SurgeryDocument, Saved>();

  /** What is on disk now is known. */
  async note(document: SurgeryDocument): Promise<void> {
    this.seen.set(document, await savedOf(document));
  }

  /** What saving would write over and this window never had; null where that is nothing. */
  async anothers(document: SurgeryDocument): Promise<Edited | null> {
    const [seen, now] = [this.seen.get(document), await savedOf(document)];
    if (seen?.place !== now.place || now.edits === null || document.isSavedAs(now.edits)) return null;
    return JSON.stringify(seen.edits) === JSON.stringify(now.edits) ? null : now.edits;
  }
}

interface Saved {
  readonly place: string;
  /** Null where nothing is saved that could be read. */
  readonly edits: Edited | null;
}

/** Where the edits are saved, and what is there. Of a plan only its operations are edits. */
async function savedOf(document: SurgeryDocument): Promise<Saved> {
  const { path } = document.source;
  const planPath = savedInPlan(document);
  if (planPath !== null) return { place: planPath, edits: await operationsIn(planPath).then((operations) => operations && { base: path, operations }) };
  const saved = await readEdits(editsPathOf(path), path).catch(() => null);
  return { place: editsPathOf(path), edits: saved && { base: saved.trained ?? path, operations: saved.operations } };
}

/** Null for a text that is half written, or no plan at all: its own check says so when it is rewritten. */
async function operationsIn(planPath: string): Promise<Edited['operations'] | null> {
  try {
    return parsePlan(await readFile(planPath, 'utf8'), planPath).operations;
  } catch {
    return null;
  }
}

/** The plan that the edits are saved into; null where they lie beside the model. */
function savedInPlan(document: SurgeryDocument): string | null {
  const { path, planPath, fromPlan } = document.source;
  return fromPlan && document.edited.path === path ? planPath : null;
}

/** What a backup holds. */
export function editsOf(document: SurgeryDocument): SavedEdits {
  const { path, planPath, fromPlan } = document.source;
  const base = document.edited.path;
  return { trained: base === path ? null : base, operations: document.operations, plan: fromPlan ? planPath : null };
}
