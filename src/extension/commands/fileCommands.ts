import { existsSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { Inspection } from '../../core/inspect/inspection';
import type { WeightStatistics } from '../../protocol/workerCalls';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { requireTrust } from '../trust';
import type { WorkerClient } from '../workerClient';
import { answers, layerPathOf, parseAnswers } from './arguments';
import { askFile, pickLayer, pickText } from './prompts';
import { plainText } from './errorText';
import type { Commands } from './register';

type FileCommand = typeof commandIds.openModel | typeof commandIds.clone | typeof commandIds.exportModel | typeof commandIds.inspectWeights;

export interface FileCommandOptions {
  readonly documents: OpenDocuments;
  readonly writer: Pick<WorkerClient, 'ask'>;
  readonly showWeights: (document: SurgeryDocument, layer: string) => void;
  /** Shows the document in its editor. */
  readonly showModel: (document: SurgeryDocument) => Promise<void>;
}

interface Exported { readonly path: string; readonly format: string; readonly sha256: string }

const suffixes = { keras: '.keras', h5: '.h5', tfjs: '', onnx: '.onnx', script: '.py' } as const;
type ExportFormat = keyof typeof suffixes;

/** What opens, writes and looks into files. */
export function fileCommands({ documents, writer, showWeights, showModel }: FileCommandOptions): Commands<FileCommand> {
  const write = async (to: ExportFormat, out: string): Promise<Exported> => {
    const written = await exportDocument(documents.require(), writer, { to, out });
    await documents.written(written.path);
    return written;
  };
  return {
    [commandIds.openModel]: (argument) => openModel(documents, argument, showModel),
    [commandIds.exportModel]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'Export');
      const answer = argument === undefined ? await askExport(documents.require())
        : parseAnswers(answers.exportModel, argument, '{ to: keras, h5, tfjs, onnx or script, out: an absolute path }');
      if (!answer) return undefined;
      const written = await write(answer.to, answer.out);
      void vscode.window.showInformationMessage(plainText(`Exported ${written.path}`));
      return written;
    },
    [commandIds.clone]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'Clone');
      const given = argument === undefined ? undefined : parseAnswers(answers.clone, argument, '{ out: an absolute path }').out;
      const written = await write('keras', given ?? freeCloneName(documents.require().source.path));
      await documents.openFresh(written.path);
      return written;
    },
    [commandIds.inspectWeights]: async (argument) => {
      const document = documents.require();
      const path = layerPathOf(argument) ?? await pickLayer(document.inspection.layers.filter(({ weights }) => weights.length > 0), 'Layer to inspect');
      if (path === undefined) return undefined;
      // The panel first: the figures of a large layer take seconds.
      if (document.inspection.layers.some((layer) => layer.path === path)) showWeights(document, path);
      const weights = await document.weights(path);
      return { path, weights: weights.map(figuresOf) };
    },
  };
}

/** Writes the model as edited, compiled as its plan says. Rejects with `not-trusted`, `usage` or what writing rejects with. */
export async function exportDocument(document: SurgeryDocument, writer: Pick<WorkerClient, 'ask'>, { to, out }: { readonly to: ExportFormat; readonly out: string }): Promise<Exported> {
  requireTrust(vscode.workspace.isTrusted, 'Export');
  if (!isAbsolute(out)) throw new SurgeryError('usage', 'A file to write is named by an absolute path', { expected: 'an absolute path', received: out });
  await document.settled();
  const { planPath } = document.source;
  return writer.ask('export', { model: document.edited, to, out, ...(planPath === null ? {} : { planPath }) });
}

async function openModel(documents: OpenDocuments, argument: unknown, showModel: FileCommandOptions['showModel']): Promise<Inspection | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const path = argument === undefined ? await askFile('Open Model', ['keras', 'h5', 'hdf5', 'json', 'pb'], folder) : pathOf(argument);
  if (path === undefined) return undefined;
  const document = await documents.openFresh(path);
  await showModel(document);
  offerPlan(document);
  return document.inspection;
}

/** An absolute path, or the Uri that the explorer hands over. */
function pathOf(argument: unknown): string {
  if (argument instanceof vscode.Uri) return argument.fsPath;
  if (typeof argument === 'string') {
    if (isAbsolute(argument)) return argument;
    if (argument.startsWith('file:')) return vscode.Uri.parse(argument).fsPath;
  }
  throw new SurgeryError('usage', 'A model is named by its Uri or absolute path', { expected: 'a Uri or an absolute path', received: JSON.stringify(argument) });
}

/** Asks in passing: the command has its answer already. */
function offerPlan({ source }: SurgeryDocument): void {
  if (source.planPath !== null || !vscode.workspace.isTrusted) return;
  const create = 'Create Plan';
  void vscode.window.showInformationMessage(plainText(`${basename(source.path)} has no plan yet. To train it, data files, head and loss are needed.`), create)
    .then((chosen) => (chosen === create ? vscode.commands.executeCommand(commandIds.createPlan) : undefined));
}

/** `NAME-clone.keras` beside the model, or the next number that is free. */
function freeCloneName(source: string): string {
  const name = basename(source, extname(source));
  for (let number = 1; ; number++) {
    const path = join(dirname(source), `${name}-clone${number === 1 ? '' : `-${number}`}.keras`);
    if (!existsSync(path)) return path;
  }
}

async function askExport({ source }: SurgeryDocument): Promise<{ readonly to: ExportFormat; readonly out: string } | undefined> {
  const to = (await pickText('Export as', Object.keys(suffixes))) as ExportFormat | undefined;
  if (to === undefined) return undefined;
  const name = `${basename(source.path, extname(source.path))}-surgery${suffixes[to]}`;
  const out = await vscode.window.showSaveDialog({ title: 'Export Model', defaultUri: vscode.Uri.file(join(dirname(source.path), name)) });
  return out && { to, out: out.fsPath };
}

function figuresOf({ name, shape, dtype, mean, std, norm, min, max, zeros, nan, inf }: WeightStatistics): Omit<WeightStatistics, 'histogram' | 'sampled'> {
  return { name, shape, dtype, mean, std, norm, min, max, zeros, nan, inf };
}
