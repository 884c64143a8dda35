import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import { lossNames } from '../../core/plan/kerasNames';
import type { DataReference, DataSetPlan } from '../../core/plan/plan';
import { matchingLoss } from '../../core/surgery/matchingLoss';
import type { WorkerCalls } from '../../protocol/workerCalls';
import type { SurgeryDocument } from '../document';
import { classesFor, headFor, scaleFor, type Head, type PlanAnswers } from '../planDraft';
import type { WorkerClient } from '../workerClient';
import { askActivation, askFile, askNumber, pickText } from './prompts';

type Reader = Pick<WorkerClient, 'ask'>;
type ArrayFacts = WorkerCalls['describeData']['reply'][number];

/** An array that was chosen: its place as a plan writes it, and what it holds. */
interface ChosenArray {
  readonly place: string;
  readonly facts: ArrayFacts;
}

interface ChosenSet {
  readonly inputs: readonly ChosenArray[];
  readonly targets: readonly ChosenArray[];
}

interface DataFlow {
  readonly document: SurgeryDocument;
  readonly reader: Reader;
}

const dataExtensions = ['npz', 'npy', 'gz', 'idx', 'idx1', 'idx3', 'ubyte', 'csv', 'tsv', 'parquet'];

/** Asks for what a run needs, one dialog after the other, each with a proposal. Undefined: its user left it. */
export async function guidePlan(document: SurgeryDocument, reader: Reader): Promise<PlanAnswers | undefined> {
  const flow = { document, reader };
  const train = await askSet(flow, 'training');
  if (!train) return undefined;
  const head = await askHead(train);
  if (head === undefined) return undefined;
  const loss = await askLoss(head, document);
  if (loss === undefined) return undefined;
  const complete = (set: ChosenSet): DataSetPlan => dataSet(flow, set, train);
  const validation = await askFurther(flow, 'validation');
  const test = validation === undefined ? undefined : await askFurther(flow, 'test');
  if (validation === undefined || test === undefined) return undefined;
  const data = { train: complete(train), ...(validation ? { validation: complete(validation) } : {}), ...(test ? { test: complete(test) } : {}) };
  return { data, loss, ...(head ? { head } : {}) };
}

/** Null: there is no such set. */
async function askFurther(flow: DataFlow, name: string): Promise<ChosenSet | null | undefined> {
  const choose = `Choose ${name} files`;
  const answer = await pickText(`${name} data`, [choose, `No ${name} data`]);
  if (answer === choose) return askSet(flow, name);
  return answer === undefined ? undefined : null;
}

async function askSet(flow: DataFlow, name: string): Promise<ChosenSet | undefined> {
  const { inputs, outputs } = flow.document.inspection;
  if (takesImages(inputs) && outputs.length === 1) {
    const folder = 'A folder of images, with a folder for each class';
    const answer = await pickText(`Where is the ${name} data?`, ['Files of arrays, or tables', folder]);
    if (answer === undefined) return undefined;
    if (answer === folder) return askFolder(flow, name);
  }
  const chosenInputs = await askArrays(flow, inputs.map((input) => `${name} inputs (${input.name})`));
  const chosenTargets = chosenInputs && await askArrays(flow, outputs.map((output) => `${name} targets (${output.name})`));
  return chosenTargets && { inputs: chosenInputs, targets: chosenTargets };
}

/** One input of height, width and the channels that images have. */
function takesImages(inputs: DataFlow['document']['inspection']['inputs']): boolean {
  const [, ...sizes] = inputs.length === 1 ? inputs[0].shape : [];
  return sizes.length === 3 && [sizes[0], sizes[2]].some((size) => size === 1 || size === 3 || size === 4 || size === null);
}

async function askFolder({ document, reader }: DataFlow, name: string): Promise<ChosenSet | undefined> {
  const path = await askFile(`Choose the folder of ${name} images`, null, dirname(document.source.path));
  if (path === undefined) return undefined;
  const arrays = await reader.ask('describeData', { path });
  const [images, labels] = ['images', 'labels'].map((member) => arrays.find((array) => array.member === member));
  if (images && labels) return { inputs: [{ place: path, facts: images }], targets: [{ place: path, facts: labels }] };
  throw new SurgeryError('data-mismatch', 'The folder has no classes.', { expected: 'a folder for each class', received: images ? 'images alone' : 'no images', where: path });
}

async function askArrays(flow: DataFlow, titles: readonly string[]): Promise<readonly ChosenArray[] | undefined> {
  const chosen: ChosenArray[] = [];
  for (const title of titles) {
    const array = await askArray(flow, title);
    if (!array) return undefined;
    chosen.push(array);
  }
  return chosen;
}

/** A file, and which array of it where it is an archive. */
async function askArray({ document, reader }: DataFlow, title: string): Promise<ChosenArray | undefined> {
  const path = await askFile(`Choose ${title}`, dataExtensions, dirname(document.source.path));
  if (path === undefined) return undefined;
  const arrays = await reader.ask('describeData', { path });
  const items = arrays.map((facts) => ({ label: facts.member ?? (arrays.length === 1 ? basename(path) : 'Every column that stands for nothing else'), description: `(${facts.shape.join(', ')}) ${facts.dtype}`, facts }));
  const picked = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items, { title: `Array of ${title}`, ignoreFocusOut: true });
  return picked && { place: picked.facts.member === null ? path : `${path}#${picked.facts.member}`, facts: picked.facts };
}

/** Null: the head stays. */
async function askHead({ targets }: ChosenSet): Promise<Head | null | undefined> {
  const replace = 'Replace the head';
  const answer = await pickText('Head', [replace, 'Keep the head']);
  if (answer === undefined) return undefined;
  if (answer !== replace) return null;
  const proposed = headFor(targets.at(0)?.facts ?? { shape: [], dtype: 'float32', labels: null });
  const units = await askNumber({ title: 'Units', prompt: 'Units of the new output layer', value: proposed.units, least: 1, whole: true });
  const activation = units && await askActivation(proposed.activation);
  return activation && units ? { units, activation } : undefined;
}

/** What matches the head, or what the model was compiled with, stands first. */
function askLoss(head: Head | null, { inspection }: SurgeryDocument): Promise<string | undefined> {
  const compiled = inspection.compile?.loss;
  const proposed = head ? matchingLoss(head.units, head.activation) : typeof compiled === 'string' ? compiled : 'sparse_categorical_crossentropy';
  return pickText('Loss', [proposed, ...lossNames.filter((name) => name !== proposed)]);
}

/** All sets are scaled and labelled as the training set. */
function dataSet({ document: { inspection } }: DataFlow, set: ChosenSet, train: ChosenSet): DataSetPlan {
  const reference = (arrays: readonly ChosenArray[], names: readonly string[]): DataReference =>
    arrays.length === 1 ? arrays.at(0)?.place ?? '' : Object.fromEntries(arrays.map(({ place }, index) => [names[index] ?? String(index), place]));
  const scale = scaleFor(train.inputs.at(0)?.facts.dtype ?? '', inspection);
  const labels = train.targets.length === 1 ? train.targets.at(0)?.facts.labels : null;
  const classes = labels && classesFor(labels);
  return {
    inputs: reference(set.inputs, inspection.inputs.map(({ name }) => name)),
    targets: reference(set.targets, inspection.outputs.map(({ name }) => name)),
    ...(classes ? { classes } : {}), ...(scale === undefined ? {} : { scale }),
  };
}
