import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { Inspection } from '../../core/inspect/inspection';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { answers, layerPathOf, parseAnswers } from './arguments';
import { askActivation, askNumber, pickLayer, pickLayers } from './prompts';
import type { Commands } from './register';

type EditCommand =
  | typeof commandIds.inspect | typeof commandIds.freezeAllButHead | typeof commandIds.unfreezeAll | typeof commandIds.freezeLayer
  | typeof commandIds.unfreezeLayer | typeof commandIds.setTrainable | typeof commandIds.toggleTrainable | typeof commandIds.replaceHead
  | typeof commandIds.removeLayers | typeof commandIds.renameLayer | typeof commandIds.undoEdit | typeof commandIds.redoEdit | typeof commandIds.recompile;

export interface DocumentCommandOptions {
  readonly documents: OpenDocuments;
  /** The row of the tree that has the focus. */
  readonly selected: () => string | undefined;
  readonly step: (document: SurgeryDocument, way: 'undo' | 'redo') => Promise<void>;
}

/** The edits that need nothing but the open document. */
export function documentCommands({ documents, selected, step }: DocumentCommandOptions): Commands<EditCommand> {
  const open = (): SurgeryDocument => documents.require();
  const layer = async (argument: unknown, title: string): Promise<string | undefined> =>
    layerPathOf(argument) ?? pickLayer(open().inspection.layers, title);
  const flag = async (argument: unknown, on: boolean): Promise<Inspection | undefined> => {
    const path = await layer(argument, on ? 'Layer to unfreeze' : 'Layer to freeze');
    return path === undefined ? undefined : open().setTrainable([path], on);
  };
  return {
    [commandIds.inspect]: async () => {
      await open().settled();
      return open().inspection;
    },
    [commandIds.freezeAllButHead]: () => open().setTrainable('all but head', false),
    [commandIds.unfreezeAll]: () => open().setTrainable('all', true),
    [commandIds.freezeLayer]: (argument) => flag(argument, false),
    [commandIds.unfreezeLayer]: (argument) => flag(argument, true),
    [commandIds.setTrainable]: (argument) => {
      const { layers, trainable } = parseAnswers(answers.setTrainable, argument, '{ layers, trainable }');
      return open().setTrainable(layers, trainable);
    },
    [commandIds.toggleTrainable]: (argument) => {
      const path = layerPathOf(argument) ?? selected();
      if (path === undefined) throw new SurgeryError('usage', 'No layer is selected', { expected: 'a layer path, or a selected row in Layers' });
      return open().toggleTrainable(path);
    },
    [commandIds.replaceHead]: (argument) => replaceHead(open(), argument),
    [commandIds.removeLayers]: (argument) => removeLayers(open(), argument),
    [commandIds.renameLayer]: (argument) => renameLayer(open(), argument),
    [commandIds.undoEdit]: () => stepped(open(), 'undo', step),
    [commandIds.redoEdit]: () => stepped(open(), 'redo', step),
    [commandIds.recompile]: async () => {
      await open().settled();
      open().recompile();
      return { changedSinceCompile: open().changedSinceCompile };
    },
  };
}

async function stepped(document: SurgeryDocument, way: 'undo' | 'redo', step: DocumentCommandOptions['step']): Promise<Inspection> {
  await document.settled();
  await step(document, way);
  return document.inspection;
}

/** Units, activation and the loss that matches go together: the worker chooses the loss. */
async function replaceHead(document: SurgeryDocument, argument: unknown): Promise<Inspection | undefined> {
  if (argument !== undefined) {
    const { units, activation = defaultActivation(units), name } = parseAnswers(answers.replaceHead, argument, '{ units, activation }');
    return document.apply({ op: 'replaceHead', units, activation, ...(name === undefined ? {} : { name }) });
  }
  const units = await askNumber({ title: 'Replace Head', prompt: 'Units of the new output layer', value: 1, least: 1, whole: true });
  if (units === undefined) return undefined;
  const activation = await askActivation(defaultActivation(units));
  return activation === undefined ? undefined : document.apply({ op: 'replaceHead', units, activation });
}

function defaultActivation(units: number): string {
  return units === 1 ? 'sigmoid' : 'softmax';
}

async function removeLayers(document: SurgeryDocument, argument: unknown): Promise<Inspection | undefined> {
  await document.settled();
  const outer = document.inspection.layers.filter(({ path, name }) => path === name);
  const given = argument === undefined ? { layers: await pickLayers(outer, 'Layers to remove') }
    : parseAnswers(answers.removeLayers, typeof argument === 'object' && argument !== null && 'kind' in argument ? { layers: [layerPathOf(argument)] } : argument, '{ layers } or { last }');
  const layers = 'last' in given ? outer.slice(-given.last).map(({ path }) => path) : given.layers;
  return layers === undefined || layers.length === 0 ? undefined : document.apply({ op: 'removeLayers', layers });
}

async function renameLayer(document: SurgeryDocument, argument: unknown): Promise<Inspection | undefined> {
  const isAnswer = typeof argument === 'object' && argument !== null && !('kind' in argument);
  if (isAnswer) return document.apply({ op: 'rename', ...parseAnswers(answers.renameLayer, argument, '{ layer, name }') });
  const layer = layerPathOf(argument) ?? await pickLayer(document.inspection.layers, 'Layer to rename');
  if (layer === undefined) return undefined;
  const name = await vscode.window.showInputBox({ title: 'Rename Layer', value: layer.slice(layer.lastIndexOf('/') + 1) });
  return name === undefined ? undefined : document.apply({ op: 'rename', layer, name });
}
