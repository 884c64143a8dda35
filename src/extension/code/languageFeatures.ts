import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Inspection, LayerInspection } from '../../core/inspect/inspection';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { layerState } from '../layerText';
import type { WorkerClient } from '../workerClient';
import { modelPathIn } from './modelPath';
import { layerNameAt, modelOffers, planOffers, type Offer } from './planCode';
import { freezeLoopsOf, loadCallsOf } from './pythonCode';

const plans: vscode.DocumentSelector = { pattern: '**/*.surgery.json' };
const models: vscode.DocumentSelector = { pattern: '**/model.json' };
const python: vscode.DocumentSelector = [{ language: 'python', scheme: 'file' }, { language: 'python', scheme: 'vscode-notebook-cell' }];

export interface LanguageFeatureOptions {
  readonly documents: OpenDocuments;
  readonly reader: Pick<WorkerClient, 'ask'>;
}

/** What the editor says where models stand in code: plans, `model.json` of TensorFlow.js, Python and its notebooks. */
export function registerLanguageFeatures({ documents, reader }: LanguageFeatureOptions): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  documents.onDidSwitch(() => changed.fire());
  documents.onDidEdit(() => changed.fire());
  const lenses = (offersOf: (text: string) => Offer[]): vscode.CodeLensProvider => ({
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => offersOf(document.getText()).flatMap((offer) => lensOf(document, offer, documents)),
  });
  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider(plans, lenses(planOffers)),
    vscode.languages.registerCodeLensProvider(models, lenses(modelOffers)),
    vscode.languages.registerCodeLensProvider(python, { provideCodeLenses: pythonLenses }),
    vscode.languages.registerHoverProvider(plans, { provideHover: (document, position) => layerHover(document, position, documents) }),
    vscode.languages.registerHoverProvider(python, { provideHover: (document, position) => modelHover(document, position, reader) }),
  );
}

/** The text is what the current document was opened from or by. */
function isCurrent({ current }: OpenDocuments, { uri }: vscode.TextDocument): boolean {
  return current !== null && (current.source.path === uri.fsPath || current.source.planPath === uri.fsPath);
}

function lensOf(document: vscode.TextDocument, offer: Offer, documents: OpenDocuments): vscode.CodeLens[] {
  const position = document.positionAt(offer.offset);
  const command = commandOf(document, offer, documents);
  return command ? [new vscode.CodeLens(new vscode.Range(position, position), command)] : [];
}

/** What trains or edits acts on the open model, so it is offered where that is the one meant. */
function commandOf(document: vscode.TextDocument, offer: Offer, documents: OpenDocuments): vscode.Command | null {
  if (offer.kind === 'open') return { command: commandIds.openModel, title: 'Open Model', arguments: [document.uri] };
  if (!isCurrent(documents, document)) return null;
  if (offer.kind === 'train all') return { command: commandIds.trainAllPhases, title: 'Train All Phases' };
  if (offer.kind === 'train phase') return phaseCommand(offer.phase ?? 1);
  const layer = documents.current?.inspection.layers.find(({ path }) => path === offer.layer);
  return layer ? layerCommand(offer.kind, layer) : null;
}

/** The first two phases, which most plans have, are commands of their own; any is trained by its number. */
function phaseCommand(phase: number): vscode.Command {
  const title = `Train Phase ${phase}`;
  if (phase > 2) return { command: commandIds.trainAllPhases, title, arguments: [{ phases: [phase] }] };
  return { command: phase === 1 ? commandIds.trainPhase1 : commandIds.trainPhase2, title };
}

function layerCommand(kind: 'freeze' | 'inspect' | 'show', { path, trainable, weights }: LayerInspection): vscode.Command | null {
  if (kind === 'freeze') return { command: commandIds.toggleTrainable, title: trainable ? 'Freeze' : 'Unfreeze', arguments: [path] };
  if (kind === 'show') return { command: commandIds.showLayer, title: `Go to ${path}`, arguments: [path] };
  return weights.length > 0 ? { command: commandIds.inspectWeights, title: 'Inspect Weights', arguments: [path] } : null;
}

function pythonLenses(document: vscode.TextDocument): vscode.CodeLens[] {
  const lines = Array.from({ length: document.lineCount }, (_, line) => document.lineAt(line).text);
  return freezeLoopsOf(lines).map(({ line, slice, trainable }) => new vscode.CodeLens(document.lineAt(line).range, {
    command: commandIds.applyFreezeSet, title: 'Apply This Freeze Set to the Open Model', arguments: [{ slice, trainable }],
  }));
}

/** In a plan, a layer of the model that is open with it. */
function layerHover(document: vscode.TextDocument, position: vscode.Position, documents: OpenDocuments): vscode.Hover | null {
  if (!isCurrent(documents, document)) return null;
  const name = layerNameAt(document.getText(), document.offsetAt(position));
  const layer = documents.current?.inspection.layers.find(({ path }) => path === name);
  if (!layer) return null;
  const text = trusted([commandIds.inspectWeights, commandIds.toggleTrainable, commandIds.showLayer]).appendText(layerLine(layer));
  if (layer.weights.length > 0) text.appendMarkdown(`\n\n${link('Inspect Weights', commandIds.inspectWeights, layer.path)}`);
  text.appendMarkdown(`\n\n${link(layer.trainable ? 'Freeze' : 'Unfreeze', commandIds.toggleTrainable, layer.path)}`);
  text.appendMarkdown(`\n\n${link('Show in Layers', commandIds.showLayer, layer.path)}`);
  return new vscode.Hover(text);
}

/** The model behind `load_model("…")`: read in the worker, and only where the workspace is trusted. */
async function modelHover(document: vscode.TextDocument, position: vscode.Position, reader: Pick<WorkerClient, 'ask'>): Promise<vscode.Hover | null> {
  const call = loadCallsOf(document.lineAt(position.line).text).find(({ start, end }) => start <= position.character && position.character <= end);
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const path = call ? await modelPathIn(document.uri.fsPath, call.path, folders) : null;
  if (!call || path === null) return null;
  const text = trusted([commandIds.openModel]);
  if (vscode.workspace.isTrusted) text.appendCodeblock(await summaryOf(path, reader), 'text');
  text.appendMarkdown(`\n\n${link('Open Model', commandIds.openModel, path)}`);
  return new vscode.Hover(text, new vscode.Range(position.line, call.start, position.line, call.end));
}

const mostLayers = 40;

async function summaryOf(path: string, reader: Pick<WorkerClient, 'ask'>): Promise<string> {
  try {
    const inspection: Inspection = await reader.ask('inspect', { path, operations: [], seed: 0 });
    const { parameters, layers } = inspection;
    const more = layers.length > mostLayers ? [`… and ${layers.length - mostLayers} more`] : [];
    return [`${basename(path)}: ${parameters.total.toLocaleString('en-US')} parameters, ${parameters.trainable.toLocaleString('en-US')} trainable`, ...layers.slice(0, mostLayers).map(layerLine), ...more].join('\n');
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

function layerLine(layer: LayerInspection): string {
  const shape = layer.outputShape ? ` (${layer.outputShape.map((size) => size ?? 'None').join(', ')})` : '';
  return `${layer.path} ${layer.class}${shape}, ${layerState(layer)}`;
}

/** Markdown that may run these commands of ours and no others; what comes from a model is appended as text. */
function trusted(enabledCommands: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands };
  return text;
}

function link(title: string, command: string, argument: string): string {
  return `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([argument])).replace(/[()]/g, (sign) => (sign === '(' ? '%28' : '%29'))})`;
}
