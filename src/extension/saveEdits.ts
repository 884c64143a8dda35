import type { SurgeryDocument } from './document';
import { withSetting } from './planEdit';
import { editsPathOf, editsText, writeEdits, type SavedEdits } from './savedEdits';

/** How a plan's text is changed, its editor's unsaved lines included. */
export type PlanRewriter = (planPath: string, change: (text: string) => string) => Promise<void>;

/**
 * Writes the edits beside the source, never into it: into the plan that they came from, else into `MODEL.edits.json`. Weights
 * that were trained stay in their run's folder, which the edits name.
 */
export async function saveEdits(document: SurgeryDocument, rewritePlan: PlanRewriter): Promise<void> {
  await document.settled();
  const { path, planPath, fromPlan } = document.source;
  const { operations } = document;
  if (fromPlan && planPath !== null && document.edited.path === path) {
    const same = JSON.stringify(document.plan?.operations) === JSON.stringify(operations);
    if (!same) await rewritePlan(planPath, (text) => withSetting(text, ['operations'], operations));
  } else {
    await writeEdits(editsPathOf(path), editsText(path, { ...editsOf(document), plan: null }));
  }
  document.markSaved();
}

/** What a backup holds. */
export function editsOf(document: SurgeryDocument): SavedEdits {
  const { path, planPath, fromPlan } = document.source;
  const base = document.edited.path;
  return { trained: base === path ? null : base, operations: document.operations, plan: fromPlan ? planPath : null };
}
