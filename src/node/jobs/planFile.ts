import { dirname, resolve } from 'node:path';
import type { DataReference, DataSetPlan, Plan } from '../../core/plan/plan';
import { checkPlan } from '../../core/plan/checkPlan';
import { parsePlan, planInvalid } from '../../core/plan/schema';
import { seedsOf } from '../../core/plan/seeds';
import { splitReference } from '../../core/data/readArrays';
import { filesRead } from '../../core/surgery/operations';
import { editModel, openForEdits, surgeryContext, type Edits, type OpenedModel } from './openModel';
import { readFile } from './readFile';

/** A plan and where it stands: its paths are relative to that. */
export interface OpenedPlan {
  readonly plan: Plan;
  /** absolute */
  readonly path: string;
}

/** bytes; a plan is written by hand */
const largestPlan = 16 * 2 ** 20;

/** Reads a plan file. Throws `file-…`, or `plan-invalid` that names every mistake. */
export async function openPlan(path: string): Promise<OpenedPlan> {
  return { plan: parsePlan(await readPlanText(path), path), path };
}

async function readPlanText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path, largestPlan));
}

/** Absolute folder that a plan's paths start from. */
export function planFolder({ path }: Pick<OpenedPlan, 'path'>): string {
  return dirname(path);
}

/**
 * The plan's model with the plan's operations applied. Throws `plan-invalid` that names every operation, setting and freeze
 * set that does not fit the model, and what reading throws.
 */
export async function openPlannedModel(opened: OpenedPlan): Promise<OpenedModel> {
  const { plan, path } = opened;
  const source = await openForEdits(modelPathOf(opened), plan.operations);
  const mistakes = await checkPlan(plan, { model: source.model, context: surgeryContext(source, editsOf(opened)) });
  if (mistakes.length > 0) throw planInvalid(mistakes, path);
  return editModel(source, editsOf(opened));
}

/** Absolute. */
export function modelPathOf(opened: OpenedPlan): string {
  return resolve(planFolder(opened), opened.plan.model);
}

/** The plan's operations, and what they need. */
export function editsOf(opened: OpenedPlan): Edits {
  return { operations: opened.plan.operations, seed: seedsOf(opened.plan).initialization, folder: planFolder(opened) };
}

/** Absolute paths of every file that a run of the plan reads: the plan, the model, what operations read, the data. */
export function planInputs(opened: OpenedPlan): readonly string[] {
  const { plan, path } = opened;
  const read = filesRead(plan.operations);
  const data = Object.values(plan.data as Record<string, DataSetPlan | undefined>).flatMap((set) => (set ? filesOf(set) : []));
  return [path, ...[plan.model, ...read, ...data].map((name) => resolve(planFolder(opened), name))];
}

function filesOf({ inputs, targets, sampleWeights }: DataSetPlan): readonly string[] {
  const references = [inputs, targets, ...(sampleWeights === undefined ? [] : [sampleWeights])];
  return references.flatMap(listOf).map((reference) => splitReference(reference).path);
}

function listOf(reference: DataReference): readonly string[] {
  return typeof reference === 'string' ? [reference] : Object.values(reference);
}
