import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, sep } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { KerasObject } from '../../core/model/model';
import { lossNames, optimizerNames } from '../../core/plan/kerasNames';
import type { DataReference, DataSetPlan, Plan } from '../../core/plan/plan';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { draftPlan, type PlanAnswers } from '../planDraft';
import { withSetting } from '../planEdit';
import { planSuffix, requireNoMistakes } from '../planFile';
import { rewritePlan } from '../rewritePlan';
import { kerasName, settingAt, type PlanPath } from '../planRows';
import type { WorkerClient } from '../workerClient';
import { answers, parseAnswers } from './arguments';
import { guidePlan } from './guidedPlan';
import { askNumber, pickText } from './prompts';
import type { Commands } from './register';

type PlanCommand = typeof commandIds.createPlan | typeof commandIds.openPlan | typeof commandIds.editSetting;
type Reader = Pick<WorkerClient, 'ask'>;

interface CreatedPlan { readonly path: string; readonly plan: Plan }

export function planCommands(documents: OpenDocuments, reader: Reader): Commands<PlanCommand> {
  return {
    [commandIds.createPlan]: async (argument) => {
      const document = documents.require();
      await document.settled();
      const given = argument === undefined ? await guidePlan(document, reader) : answersOf(argument);
      if (!given) return undefined;
      const created = await createPlan(document, reader, given);
      if (argument === undefined) await vscode.window.showTextDocument(vscode.Uri.file(created.path), { preview: false, preserveFocus: true });
      return created;
    },
    [commandIds.openPlan]: async () => {
      await vscode.window.showTextDocument(vscode.Uri.file(planOf(documents.require()).path));
    },
    [commandIds.editSetting]: async (argument) => {
      const document = documents.require();
      const asked = parseAnswers(answers.editSetting, rowPath(argument), '{ path, value }');
      const value = asked.value === undefined ? await askSetting(planOf(document).plan, asked.path) : asked.value;
      return value === undefined ? undefined : editSetting(documents, reader, { path: asked.path, value });
    },
  };
}

/** A row of the tree, which a menu hands over, or the answers themselves. */
function rowPath(argument: unknown): unknown {
  return typeof argument === 'object' && argument !== null && 'edits' in argument ? { path: argument.edits } : argument;
}

function planOf({ source }: SurgeryDocument): CreatedPlan {
  if (source.planPath === null || !source.plan) throw new SurgeryError('usage', 'The model has no plan', { expected: 'a plan made by Model Surgery: Create Plan' });
  return { path: source.planPath, plan: source.plan };
}

/** The worker judges the whole plan; here only what is needed to write it is looked at. */
function answersOf(argument: unknown): PlanAnswers & { readonly out?: string } {
  const isAnswers = typeof argument === 'object' && argument !== null && 'data' in argument && typeof argument.data === 'object' && argument.data !== null && 'train' in argument.data;
  if (!isAnswers) throw new SurgeryError('usage', 'A plan needs training data', { expected: '{ data: { train: { inputs, targets } }, head?, loss?, metrics?, phases?, out? }', received: JSON.stringify(argument) });
  return argument as unknown as PlanAnswers & { readonly out?: string };
}

/** Checks, edits the document, then writes: a plan with a mistake leaves everything as it was. */
async function createPlan(document: SurgeryDocument, reader: Reader, given: PlanAnswers & { readonly out?: string }): Promise<CreatedPlan> {
  const { path: model } = document.source;
  const path = given.out ?? freePlanName(model);
  if (!isAbsolute(path) || !path.endsWith(planSuffix)) throw new SurgeryError('usage', 'A plan is written to an absolute path', { expected: `an absolute path that ends in ${planSuffix}`, received: path });
  const operations = document.edited.path === model ? document.operations : [];
  const plan = draftPlan(relativeTo(path, model), operations, document.inspection, { ...given, data: relativeData(path, given.data) });
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  requireNoMistakes(path, await reader.ask('checkPlan', { planPath: path, text }));
  if (given.head) await document.apply({ op: 'replaceHead', ...given.head });
  await writeFile(path, text, { flag: 'wx' }).catch((cause: unknown) => {
    throw new SurgeryError('write-failed', 'The plan cannot be written', { where: path, cause });
  });
  document.adoptPlan({ planPath: path, plan });
  return { path, plan };
}

function freePlanName(model: string): string {
  const name = basename(model, extname(model));
  for (let number = 1; ; number++) {
    const path = join(dirname(model), `${name}${number === 1 ? '' : `-${number}`}${planSuffix}`);
    if (!existsSync(path)) return path;
  }
}

function relativeData(planPath: string, data: PlanAnswers['data']): PlanAnswers['data'] {
  const set = (each: DataSetPlan): DataSetPlan => ({ ...each, inputs: relativeReference(planPath, each.inputs), targets: relativeReference(planPath, each.targets) });
  return { train: set(data.train), ...(data.validation ? { validation: set(data.validation) } : {}), ...(data.test ? { test: set(data.test) } : {}) };
}

function relativeReference(planPath: string, reference: DataReference): DataReference {
  if (typeof reference === 'string') return relativeTo(planPath, reference);
  return Object.fromEntries(Object.entries(reference).map(([name, file]) => [name, relativeTo(planPath, file)]));
}

/** With forward slashes, so that the plan means the same everywhere. */
function relativeTo(planPath: string, path: string): string {
  return isAbsolute(path) ? relative(dirname(planPath), path).split(sep).join('/') : path;
}

async function askSetting(plan: Plan, path: PlanPath): Promise<unknown> {
  const now = settingAt(plan, path);
  const key = path[path.length - 1];
  switch (key) {
    case 'freeze': return pickText('What is frozen in this phase', ['all but head', 'nothing', 'all', 'as set']);
    case 'loss': return pickText('Loss', lossNames);
    case 'optimizer': return pickText(`Optimizer (now ${kerasName(now as KerasObject)})`, optimizerNames);
    case 'learning_rate': return askNumber({ title: 'Learning Rate', prompt: '0 or more', value: typeof now === 'number' ? now : 0.001, least: 0, whole: false });
    case 'epochs':
    case 'batchSize': return askNumber({ title: key === 'epochs' ? 'Epochs' : 'Batch Size', prompt: 'A whole number', value: Number(now), least: 1, whole: true });
    default: throw new SurgeryError('usage', 'This setting is edited in the plan file', { received: path.join('.') });
  }
}

async function editSetting(documents: OpenDocuments, reader: Reader, { path, value }: { readonly path: PlanPath; readonly value: unknown }): Promise<CreatedPlan> {
  const document = documents.require();
  const { path: planPath } = planOf(document);
  await rewritePlan(planPath, async (before) => {
    const text = withSetting(before, path, value);
    requireNoMistakes(planPath, await reader.ask('checkPlan', { planPath, text }));
    return text;
  });
  await documents.planSaved(planPath);
  return planOf(document);
}
