import { SurgeryError } from '../../core/errors';
import { checkPlan } from '../../core/plan/checkPlan';
import { checkPlanText, type PlanMistake } from '../../core/plan/schema';
import { preparePhases } from '../../core/run/phase';
import { loadPlanData } from './dataFiles';
import { editModel, openForEdits, surgeryContext } from './openModel';
import { editsOf, modelPathOf } from './planFile';

/**
 * Checks the text of a plan as a whole, without running it: its form, then its model and operations, then data and phases
 * against that model. Gives every mistake of the first of these that has any; `path` says what its paths are relative to.
 */
export async function checkPlanJob(path: string, text: string): Promise<readonly PlanMistake[]> {
  const checked = checkPlanText(text);
  if ('mistakes' in checked) return checked.mistakes;
  const { plan } = checked;
  const opened = { plan, path };
  let stage = 'model';
  try {
    const source = await openForEdits(modelPathOf(opened), plan.operations);
    const mistakes = await checkPlan(plan, { model: source.model, context: surgeryContext(source, editsOf(opened)) });
    if (mistakes.length > 0) return mistakes;
    const { model } = await editModel(source, editsOf(opened));
    stage = 'data';
    const data = await loadPlanData(opened, model);
    stage = 'phases';
    preparePhases(model, plan, { numbers: plan.phases.map((_, index) => index + 1), data });
    return [];
  } catch (thrown) {
    return [mistakeOf(thrown, stage)];
  }
}

/** Where the error names a place in the plan itself that place is kept. */
function mistakeOf(thrown: unknown, stage: string): PlanMistake {
  if (!(thrown instanceof SurgeryError)) throw thrown;
  const { message, where, expected, received } = thrown;
  const inPlan = where !== undefined && /^(model|operations|data|compile|phases|seed)\b/.test(where);
  const details = [where === undefined || inPlan ? '' : ` (${where})`, expected === undefined ? '' : ` Expected ${expected}.`, received === undefined ? '' : ` Received ${received}.`];
  return { where: inPlan ? where : stage, message: `${message}${details.join('')}` };
}
