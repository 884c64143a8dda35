import { dirname, relative, sep } from 'node:path';
import * as vscode from 'vscode';
import type { LayerInspection } from '../../core/inspect/inspection';
import { headActivations } from '../../core/surgery/headActivations';
import { layerCatalogue } from '../../core/surgery/layerCatalogue';
import { regularizable, takesActivation } from '../../core/surgery/layerSettings';
import type { Operation, OperationName } from '../../core/surgery/operation';
import type { SurgeryDocument } from '../document';
import type { WorkerClient } from '../workerClient';
import { askFile, askNumber, pickLayer, pickLayers, pickText } from './prompts';

type Of<Name extends OperationName> = Extract<Operation, { op: Name }>;

interface Asking {
  readonly document: SurgeryDocument;
  readonly reader: Pick<WorkerClient, 'ask'>;
  /** The row that a menu was opened on. */
  readonly layer: string | undefined;
}

/** Asks what an operation needs; undefined where the user left the dialog. */
export type DialogFor<Name extends OperationName> = (asking: Asking) => Promise<Of<Name> | undefined>;

type DialogOperation = 'insertLayer' | 'moveLayer' | 'duplicateLayer' | 'reinitialize' | 'setActivation' | 'setRate' | 'setRegularizer'
  | 'transplantWeights' | 'addOutput' | 'cut' | 'setClasses' | 'setInputSize' | 'foldBatchNormalization';

type Dialogs = { readonly [Name in DialogOperation]: DialogFor<Name> };

export const operationDialogs: Dialogs = {
  insertLayer: async (asking) => {
    const after = await layerOf(asking, 'Layer behind which the new one is to stand');
    if (after === undefined) return undefined;
    const className = await pickText('New layer', layerCatalogue.map((entry) => entry.class));
    return className === undefined ? undefined : { op: 'insertLayer', class: className, after };
  },
  moveLayer: async (asking) => {
    const layer = await layerOf(asking, 'Layer to move');
    if (layer === undefined) return undefined;
    const parent = layer.slice(0, layer.lastIndexOf('/') + 1);
    const others = asking.document.inspection.layers.filter(({ path, name }) => path === parent + name && path !== layer);
    const after = await pickLayer(others, `Layer behind which ${layer} is to stand`);
    return after === undefined ? undefined : { op: 'moveLayer', layer, after };
  },
  duplicateLayer: async (asking) => {
    const layer = await layerOf(asking, 'Layer to duplicate');
    return layer === undefined ? undefined : { op: 'duplicateLayer', layer };
  },
  reinitialize: async ({ document, layer }) => {
    const layers = layer === undefined ? await pickLayers(document.inspection.layers.filter(({ parameters }) => parameters > 0), 'Layers to draw anew') : [layer];
    return layers === undefined || layers.length === 0 ? undefined : { op: 'reinitialize', layers };
  },
  setActivation: async (asking) => {
    const layer = await layerOf(asking, 'Layer that gets another activation', (each) => takesActivation({ className: each.class }));
    if (layer === undefined) return undefined;
    const activation = await pickText(`Activation of ${layer}`, headActivations);
    return activation === undefined ? undefined : { op: 'setActivation', layer, activation };
  },
  setRate: async (asking) => {
    const layer = await layerOf(asking, 'Dropout that gets another rate', (each) => each.class.includes('Dropout'));
    if (layer === undefined) return undefined;
    const rate = await askNumber({ title: 'Set Rate', prompt: 'Share that is dropped, from 0 to 1', value: 0.5, least: 0, most: 1, whole: false });
    return rate === undefined ? undefined : { op: 'setRate', layer, rate };
  },
  setRegularizer: async (asking) => {
    const layer = await layerOf(asking, 'Layer that gets a regularizer');
    const found = asking.document.inspection.layers.find(({ path }) => path === layer);
    if (layer === undefined || !found) return undefined;
    const weight = await pickText(`What of ${layer}`, regularizable({ className: found.class }));
    if (weight === undefined) return undefined;
    const kind = await pickText('Regularizer', ['L2', 'L1', 'none']);
    if (kind === undefined || kind === 'none') return kind === undefined ? undefined : { op: 'setRegularizer', layer, weight, regularizer: null };
    const factor = await askNumber({ title: kind, prompt: 'Factor', value: 0.01, least: 0, whole: false });
    return factor === undefined ? undefined : { op: 'setRegularizer', layer, weight, regularizer: { class_name: kind, config: { [kind.toLowerCase()]: factor } } };
  },
  transplantWeights: async ({ document, reader }) => {
    const file = await askFile('Model whose weights are taken', ['keras', 'h5', 'hdf5', 'json'], dirname(document.source.path));
    if (file === undefined) return undefined;
    const from = relativeTo(document, file);
    const proposed = await reader.ask('proposeTransplant', { ...document.edited, from });
    const items = proposed.map((pair) => ({ label: pair.to.replaceAll('$(', '$ ('), description: `from ${pair.from.replaceAll('$(', '$ (')}, by ${pair.by}`, picked: true, pair }));
    const chosen = await vscode.window.showQuickPick(items, { title: 'Layers that take weights', canPickMany: true, matchOnDescription: true });
    if (!chosen || chosen.length === 0) return undefined;
    return { op: 'transplantWeights', from, layers: Object.fromEntries(chosen.map(({ pair }) => [pair.to, pair.from])) };
  },
  addOutput: async (asking) => {
    const layer = await layerOf(asking, 'Layer that the new output reads', ({ path, name }) => path === name);
    if (layer === undefined) return undefined;
    const own = 'What the layer itself gives';
    const kind = await pickText('New output', ['A new Dense behind the layer', own]);
    if (kind === undefined || kind === own) return kind === undefined ? undefined : { op: 'addOutput', layer };
    const units = await askNumber({ title: 'Add Output', prompt: 'Units of the new output', value: 1, least: 1, whole: true });
    return units === undefined ? undefined : { op: 'addOutput', layer, units };
  },
  cut: async (asking) => {
    const layer = await layerOf(asking, 'Layer behind which the model is cut', ({ path, name }) => path === name);
    if (layer === undefined) return undefined;
    const first = 'All up to the layer';
    const kept = await pickText('Part to keep', [first, 'All behind the layer']);
    return kept === undefined ? undefined : { op: 'cut', layer, keep: kept === first ? 'before' : 'after' };
  },
  setClasses: async ({ document }) => {
    const now = document.inspection.outputs[0]?.shape.at(-1) ?? 2;
    const classes = await askNumber({ title: 'Set Classes', prompt: 'Number of classes; old ones keep what they have learned', value: now + 1, least: 1, whole: true });
    return classes === undefined ? undefined : { op: 'setClasses', classes };
  },
  setInputSize: async ({ document }) => {
    const { inputs } = document.inspection;
    const input = inputs.length > 1 ? await pickText('Input', inputs.map(({ name }) => name)) : inputs[0]?.name;
    const found = inputs.find(({ name }) => name === input);
    if (!found) return undefined;
    const size = await askSize(found.shape.slice(1, -1));
    return size && { op: 'setInputSize', size, ...(inputs.length > 1 ? { input: found.name } : {}) };
  },
  foldBatchNormalization: ({ layer }) => Promise.resolve({ op: 'foldBatchNormalization', ...(layer === undefined ? {} : { layers: [layer] }) }),
};

/** The row that the menu was opened on, else one that is picked among those that come into question. */
async function layerOf({ document, layer }: Asking, title: string, fits: (layer: LayerInspection) => boolean = () => true): Promise<string | undefined> {
  return layer ?? pickLayer(document.inspection.layers.filter(fits), title);
}

/** `16 x 12`, `any` for a free axis. */
async function askSize(now: readonly (number | null)[]): Promise<(number | null)[] | undefined> {
  const parse = (text: string): (number | null)[] => text.split(/\s*[x,×]\s*/).map((part) => (part.trim() === 'any' ? null : Number(part)));
  const mistake = (text: string): string | undefined => {
    const right = parse(text).every((size) => size === null || (Number.isInteger(size) && size > 0));
    return right ? undefined : 'Sizes such as 160 x 120 are needed; any for a free axis';
  };
  const text = await vscode.window.showInputBox({ title: 'Set Input Size', prompt: 'Height x width', value: now.map((size) => size ?? 'any').join(' x '), validateInput: mistake });
  return text === undefined ? undefined : parse(text);
}

/** As it stands in the operation, which is read from the folder of the model. */
function relativeTo({ source }: SurgeryDocument, file: string): string {
  const path = relative(dirname(source.path), file).split(sep).join('/');
  const samePlace = source.planPath === null || dirname(source.planPath) === dirname(source.path);
  return samePlace ? path : file;
}
