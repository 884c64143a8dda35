import { basename, dirname, isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { ModelDifference } from '../../core/inspect/diffModels';
import type { EditedModel } from '../../protocol/workerCalls';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import type { Comparison } from '../panels/differencePanel';
import { requireTrust } from '../trust';
import type { WorkerClient } from '../workerClient';
import { answers, parseAnswers } from './arguments';
import { plainText } from './errorText';
import { askFile, pickLayer, pickText } from './prompts';
import type { Commands } from './register';

type CompareCommand = typeof commandIds.compareWeights | typeof commandIds.compareWith | typeof commandIds.exportTensor;

export interface CompareCommandOptions {
  readonly documents: OpenDocuments;
  readonly reader: Pick<WorkerClient, 'ask'>;
  readonly show: (comparison: Comparison) => void;
}

/** A model and what it is called. */
interface Named {
  readonly name: string;
  readonly model: EditedModel;
}

/** What puts two models beside each other, and takes a tensor out of one. */
export function compareCommands({ documents, reader, show }: CompareCommandOptions): Commands<CompareCommand> {
  const compare = async (argument: unknown): Promise<ModelDifference | undefined> => {
    const [a, b] = (await pairOf(documents.current, argument)) ?? [];
    if (!a || !b) return undefined;
    const pair = { a: a.model, b: b.model };
    const difference = await reader.ask('diff', pair);
    show({ a: a.name, b: b.name, pair, difference });
    return difference;
  };
  return {
    [commandIds.compareWeights]: compare,
    // The same under another name: in the explorer's menu the file is the first of the two.
    [commandIds.compareWith]: compare,
    [commandIds.exportTensor]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'Export');
      const document = documents.require();
      const answer = await tensorOf(document, argument);
      return answer && writeTensor(document, reader, answer);
    },
  };
}

/** Asks where a weight is to be, and writes it as `.npy`. Throws `not-trusted`. */
export async function exportTensorOf(document: SurgeryDocument, reader: Pick<WorkerClient, 'ask'>, place: { readonly path: string; readonly index: number }): Promise<void> {
  requireTrust(vscode.workspace.isTrusted, 'Export');
  const answer = await tensorOf(document, { kind: 'weight', ...place });
  if (answer) await writeTensor(document, reader, answer);
}

async function writeTensor(document: SurgeryDocument, reader: Pick<WorkerClient, 'ask'>, { layer, weight, out }: TensorAnswer): Promise<{ readonly path: string; readonly sha256: string }> {
  if (!isAbsolute(out)) throw new SurgeryError('usage', 'A file to write is named by an absolute path', { expected: 'an absolute path', received: out });
  const written = await reader.ask('exportWeight', { ...document.edited, layer, weight: placeOf(document, layer, weight), out });
  void vscode.window.showInformationMessage(plainText(`Exported ${written.path}`));
  return written;
}

const anotherFile = 'Another file…';

/** Two files, one against the open model or another file, or the open model as it was against what it is now. */
async function pairOf(document: SurgeryDocument | null, argument: unknown): Promise<readonly [Named, Named] | undefined> {
  if (typeof argument === 'object' && argument !== null && 'a' in argument) {
    const { a, b } = parseAnswers(answers.compareWeights, argument, '{ a, b }: absolute paths of two models');
    return [fileOf(a), fileOf(b)];
  }
  if (argument !== undefined) return besideFile(fileOf(argument instanceof vscode.Uri ? argument.fsPath : argument), document);
  if (document) return besideDocument(document);
  const first = await askModel('First model', '');
  return first && besideFile(first, null);
}

async function besideFile(first: Named, document: SurgeryDocument | null): Promise<readonly [Named, Named] | undefined> {
  const now = document && asItIs(document);
  const chosen = now ? await pickText('Compare with', [now.name, anotherFile]) : anotherFile;
  if (chosen === undefined) return undefined;
  const other = now && chosen === now.name ? now : await askModel('Model to compare with', dirname(first.model.path));
  return other && [first, other];
}

async function besideDocument(document: SurgeryDocument): Promise<readonly [Named, Named] | undefined> {
  const now = asItIs(document);
  const { path, operations } = document.source;
  const before: Named = { name: `${basename(path)} before`, model: { path, operations, seed: document.edited.seed } };
  const chosen = await pickText('Compare with', ['The open model before its edits and training', anotherFile]);
  if (chosen !== anotherFile) return chosen === undefined ? undefined : [before, now];
  const other = await askModel('Model to compare with', dirname(path));
  return other && [now, other];
}

function asItIs(document: SurgeryDocument): Named {
  return { name: `${basename(document.source.path)} as it is now`, model: document.edited };
}

async function askModel(title: string, near: string): Promise<Named | undefined> {
  const path = await askFile(title, ['keras', 'h5', 'hdf5', 'json'], near);
  return path === undefined ? undefined : fileOf(path);
}

function fileOf(path: unknown): Named {
  if (typeof path === 'string' && isAbsolute(path)) return { name: basename(path), model: { path, operations: [], seed: 0 } };
  throw new SurgeryError('usage', 'A model is named by its Uri or absolute path', { expected: 'a Uri or an absolute path', received: JSON.stringify(path) });
}

interface TensorAnswer {
  readonly layer: string;
  readonly weight: string;
  readonly out: string;
}

/** The answers, or the row of a weight; else the user is asked. */
async function tensorOf(document: SurgeryDocument, argument: unknown): Promise<TensorAnswer | undefined> {
  const isRow = typeof argument === 'object' && argument !== null && 'kind' in argument;
  if (argument !== undefined && !isRow) return parseAnswers(answers.exportTensor, argument, '{ layer, weight, out: an absolute path }');
  const place = isRow ? rowOf(document, argument) : await pickTensor(document);
  // A file name of ours: a layer's name may hold anything.
  const near = vscode.Uri.joinPath(vscode.Uri.file(dirname(document.source.path)), 'weight.npy');
  const out = place && (await vscode.window.showSaveDialog({ title: 'Export Tensor', defaultUri: near, filters: { NumPy: ['npy'] } }));
  return place && out && { ...place, out: out.fsPath };
}

type TensorPlace = Omit<TensorAnswer, 'out'>;

function rowOf(document: SurgeryDocument, argument: unknown): TensorPlace | undefined {
  const { path, index } = parseAnswers(answers.weightRow, argument, 'the row of a weight');
  const weight = document.inspection.layers.find((layer) => layer.path === path)?.weights.at(index)?.name;
  return weight === undefined ? undefined : { layer: path, weight };
}

async function pickTensor({ inspection: { layers } }: SurgeryDocument): Promise<TensorPlace | undefined> {
  const layer = await pickLayer(layers.filter(({ weights }) => weights.length > 0), 'Layer');
  const names = layers.find(({ path }) => path === layer)?.weights.map(({ name }) => name) ?? [];
  const weight = layer === undefined ? undefined : await pickText('Weight', names);
  return layer === undefined || weight === undefined ? undefined : { layer, weight };
}

function placeOf(document: SurgeryDocument, layer: string, weight: string): number {
  const found = document.inspection.layers.find(({ path }) => path === layer);
  if (!found) throw new SurgeryError('layer-unknown', 'There is no such layer', { received: layer });
  const place = found.weights.findIndex(({ name }) => name === weight);
  if (place >= 0) return place;
  throw new SurgeryError('usage', 'The layer has no such weight', { expected: found.weights.map(({ name }) => name).join(', ') || 'a layer with weights', received: weight });
}
