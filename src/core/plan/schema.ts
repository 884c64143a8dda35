import * as z from 'zod';
import { SurgeryError } from '../errors';
import { showPath, type PathStep } from './jsonPath';
import type { Plan } from './plan';
import { planSchema } from './planSchema';
import { textMistakes } from './planText';

/** What is wrong with a plan and where: `phases[0].epochs`; `$` is the whole. */
export interface PlanMistake {
  readonly where: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Checks plain data as a plan: the plan with its defaults, or every mistake. */
export function checkPlanShape(data: unknown): { readonly plan: Plan } | { readonly mistakes: readonly PlanMistake[] } {
  const parsed = planSchema.safeParse(data);
  if (parsed.success) return { plan: parsed.data };
  return { mistakes: parsed.error.issues.flatMap((issue) => mistakesOf(issue, [])) };
}

/** One for each unknown key. Of a union the mistakes inside the one form that was meant, where that is clear. */
function mistakesOf(issue: Issue, above: readonly PathStep[]): PlanMistake[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ where: showPath([...path, key]), message: issue.message }));
  const meant = issue.code === 'invalid_union' ? formMeant(issue.errors) : undefined;
  if (meant) return meant.flatMap((inner) => mistakesOf(inner, path));
  return [{ where: showPath(path), message: wordsOf(issue) }];
}

function wordsOf(issue: Issue): string {
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  const words = issue.message.replace(/^Invalid (input|option): /, '');
  return words.endsWith(', received undefined') ? `is missing: ${words.replace(', received undefined', '')}` : words;
}

/** The only form of a union that the value has as a whole, so that what is wrong lies inside it. */
function formMeant(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const inside = forms.filter((issues) => issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'));
  return inside.length === 1 ? inside.at(0) : undefined;
}

/** Reads the text of a plan. Throws `plan-invalid` that names every mistake with its JSON path. */
export function parsePlan(source: string, where: string): Plan {
  const checked = checkPlanText(source);
  if ('plan' in checked) return checked.plan;
  throw planInvalid(checked.mistakes, where);
}

/** The text of a plan as a plan, or every mistake: of its JSON, or else of its form. */
export function checkPlanText(source: string): ReturnType<typeof checkPlanShape> {
  // Editors on Windows begin a file with a byte order mark.
  const text = source.replace(/^\uFEFF/, '');
  const mistakes = textMistakes(text);
  return mistakes.length > 0 ? { mistakes } : checkPlanShape(JSON.parse(text));
}

/** Plain data as a plan. Throws `plan-invalid` that names every mistake with its JSON path. */
export function requirePlan(data: unknown, where: string): Plan {
  const checked = checkPlanShape(data);
  if ('plan' in checked) return checked.plan;
  throw planInvalid(checked.mistakes, where);
}

/** One error of all mistakes. */
export function planInvalid(mistakes: readonly PlanMistake[], where: string): SurgeryError {
  const all = mistakes.map((mistake) => `${mistake.where}: ${mistake.message}`).join('; ');
  const places = mistakes.map((mistake) => mistake.where).join(', ');
  return new SurgeryError('plan-invalid', `The plan is wrong: ${all}`, { where: `${where} ${places}`.trim(), problems: mistakes });
}

/** The JSON schema of plans, for the editor's completion and validation. */
export function planJsonSchema(): object {
  return z.toJSONSchema(planSchema, { io: 'input', target: 'draft-7' });
}
