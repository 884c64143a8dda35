import { readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { SurgeryError } from '../core/errors';
import type { Plan } from '../core/plan/plan';
import { parsePlan, planInvalid } from '../core/plan/schema';

/** What the worker says of a plan as a whole; empty where it is right. */
export type PlanCheck = (ask: { readonly planPath: string; readonly text: string }) => Promise<readonly { readonly where: string; readonly message: string }[]>;

export const planSuffix = '.surgery.json';

/** Rejects with `file-missing`, or with `plan-invalid` that names every mistake. */
export async function readPlan(planPath: string, check: PlanCheck): Promise<Plan> {
  const text = await readText(planPath);
  const plan = parsePlan(text, planPath);
  requireNoMistakes(planPath, await check({ planPath, text }));
  return plan;
}

/** Throws `plan-invalid` with each mistake's JSON path. */
export function requireNoMistakes(planPath: string, mistakes: Awaited<ReturnType<PlanCheck>>): void {
  if (mistakes.length > 0) throw planInvalid(mistakes, planPath);
}

/** Where the plan's model lies, absolute. */
export function modelPathOf(planPath: string, plan: Plan): string {
  return isAbsolute(plan.model) ? plan.model : resolve(dirname(planPath), plan.model);
}

/** The one plan beside a model that names it; null where there is none, or more than one. */
export async function onlyPlanBeside(modelPath: string): Promise<string | null> {
  const folder = dirname(modelPath);
  const names = (await readdir(folder)).filter((name) => name.endsWith(planSuffix));
  const naming = await Promise.all(names.map(async (name) => ((await namedModel(join(folder, name))) === modelPath ? name : null)));
  const found = naming.filter((name) => name !== null);
  return found.length === 1 ? join(folder, found.join('')) : null;
}

/** The model that a plan names, absolute; null where the text is no plan at all. */
async function namedModel(planPath: string): Promise<string | null> {
  try {
    const parsed = JSON.parse(await readText(planPath)) as unknown;
    if (typeof parsed !== 'object' || parsed === null || !('model' in parsed) || typeof parsed.model !== 'string') return null;
    return resolve(dirname(planPath), parsed.model);
  } catch {
    // Someone's half-written file beside the model is no reason not to open the model.
    return null;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SurgeryError('file-missing', 'The plan cannot be read', { where: path, cause });
  }
}
