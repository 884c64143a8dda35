import { join } from 'node:path';
import * as vscode from 'vscode';
import { freezeCommands } from './commands/freezeCommands';
import { runCommands } from './commands/runCommands';
import { verdictCommands } from './commands/verdictCommands';
import { registerLanguageFeatures } from './code/languageFeatures';
import { codeCommands } from './commands/codeCommands';
import { compareCommands, exportTensorOf } from './commands/compareCommands';
import { documentCommands } from './commands/documentCommands';
import { exportDocument, fileCommands } from './commands/fileCommands';
import { installCommands } from './commands/installCommands';
import { offerResume, resumeLabel } from './commands/offerResume';
import { operationCommands } from './commands/operationCommands';
import { planCommands } from './commands/planCommands';
import { registerCommands } from './commands/register';
import { toTell } from './commands/errorText';
import { trainingCommands } from './commands/trainingCommands';
import { configuredEngine, configuredFeatures, windowCommands } from './commands/windowCommands';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import { OpenDocuments } from './documents';
import { Signal } from './events';
import { commandIds, contextKeys, editorIds, panelIds, settingIds, viewIds } from './ids';
import { LayersTree, type LayerNode } from './layersTree';
import { ModelEditor } from './modelEditor';
import { VerdictPanel } from './panels/verdictPanel';
import { DifferencePanel } from './panels/differencePanel';
import { TrainingPanel } from './panels/trainingPanel';
import { WeightsPanel } from './panels/weightsPanel';
import { ModelFiles } from './modelFiles';
import { planSuffix } from './planFile';
import { PlanTree } from './planTree';
import { canResume, latestResumable } from './resume';
import { rewritePlan } from './rewritePlan';
import { RunController } from './runController';
import { readRun } from './runLog';
import type { RunsTree } from './runsTree';
import { showRunsView } from './runsView';
import { keepLatestVerdict } from './latestVerdict';
import { VerdictController } from './verdictController';
import { StatusBar } from './statusBar';
import { UnsavedEdits } from './unsavedEdits';
import type { WorkerClient } from './workerClient';
import { startWorkers } from './workers';

/** Where the workspace remembers the folders of its latest run and of those it went on from. */
const latestRunsKey = 'latestRuns';

/** What other extensions get; the commands do the work. */
export interface ModelSurgeryApi {
  /** The model that trees and commands mean; null while none is open. */
  current(): { readonly path: string; readonly compileState: string; /** views that draw it */ readonly listeners: number } | null;
}

/** Registers, and starts nothing: the first command or view that needs a model starts the reader. */
export function activate(context: vscode.ExtensionContext): ModelSurgeryApi {
  const own = <T extends vscode.Disposable>(thing: T): T => {
    context.subscriptions.push(thing);
    return thing;
  };
  const log = own(vscode.window.createOutputChannel('Model Surgery', { log: true }));
  const tensorflow = join(context.globalStorageUri.fsPath, 'tensorflow');
  const installing = new Signal<string>();
  const { reader, trainer } = startWorkers({
    entry: context.asAbsolutePath(join('dist', 'worker.cjs')), tensorflow, features: join(context.globalStorageUri.fsPath, 'features'), log,
    onRun: (event) => runs.events.add(event), onVerdict: (event) => verdicts.add(event), onInstall: (message) => installing.fire(message),
    onEnded: (name, reason) => void tellEnded(`${name} ended: ${reason}`, runs),
  });
  own(reader);
  own(trainer);
  const runs: RunController = new RunController({ ask: (name, request, signal) => trainer.ask(name, { ...request, features: configuredFeatures() }, signal) });
  const verdicts: VerdictController = new VerdictController({ ask: (name, request, signal) => trainer.ask(name, { ...request, features: configuredFeatures() }, signal) });
  const documents = own(new OpenDocuments(reader, (ask) => reader.ask('checkPlan', ask), (message) => log.warn(message)));
  const unsaved = keepUnsaved(documents, context, log);
  const training = new TrainingPanel(context.extensionUri, runs);
  const weights = new WeightsPanel({ extensionUri: context.extensionUri, reader, exportWeight: (document, place) => exportTensorOf(document, reader, place) });
  const verdictPanel = new VerdictPanel(context.extensionUri, verdicts);
  const past = own(showRunsView(reader)).tree;
  const difference = new DifferencePanel(context.extensionUri, reader);
  documents.onDidEdit((document) => weights.follow(document));
  const { layers, showEngine, showPulls, reveal } = showViews({ own, documents, runs, verdicts, past, reader, log });
  own(layers);
  const plans = planCommands(documents, reader);
  const openWeights = (document: SurgeryDocument, layer: string): void => weights.show(document, layer);
  const editor = own(new ModelEditor({
    extensionUri: context.extensionUri, documents, unsaved, openWeights, rewritePlan, exportTo: (document, to, out) => exportDocument(document, trainer, { to, out }),
  }));
  for (const id of Object.values(editorIds)) own(vscode.window.registerCustomEditorProvider(id, editor, { supportsMultipleEditorsPerDocument: true }));
  own(registerCommands({
    ...documentCommands({ documents, selected: () => layers.selection[0]?.path, step: (document, way) => editor.step(document, way) }),
    ...fileCommands({ documents, writer: trainer, showWeights: openWeights, showModel: (document) => editor.show(document) }),
    ...trainingCommands({
      documents, runs, trainer, engine: configuredEngine, showPanel: () => training.show(),
      createPlan: async () => (await plans[commandIds.createPlan]()) !== undefined,
    }),
    ...plans,
    ...verdictCommands({ documents, verdicts, runs, worker: trainer, engine: configuredEngine, showPanel: () => verdictPanel.show() }),
    ...runCommands({ tree: past, worker: reader, trainer, runs, verdicts, showTraining: () => training.show(), showVerdict: () => verdictPanel.show() }),
    ...freezeCommands({ documents, worker: trainer, engine: configuredEngine, showPulls }),
    ...operationCommands(documents, reader),
    ...codeCommands(documents, reveal),
    ...compareCommands({ documents, reader, show: (comparison) => difference.show(comparison) }),
    ...windowCommands({ reader, trainer, log }),
    ...installCommands({ worker: trainer, target: tensorflow, onMessage: installing.event, installed: showEngine }),
  }, log));
  own(followPlans(documents));
  own(registerLanguageFeatures({ documents, reader }));
  own(keepLatestVerdict(verdicts, verdictPanel, context.workspaceState));
  own(new ModelFiles(documents));
  own(keepLatestRuns({ runs, training, memory: context.workspaceState }));
  return {
    current: () => documents.current && { path: documents.current.source.path, compileState: compileState(documents.current), listeners: documents.current.listenerCount },
  };
}

/** Every edit is on disk, in the extension's storage for this workspace, until it is saved or given up. */
function keepUnsaved(documents: OpenDocuments, { storageUri, globalStorageUri }: vscode.ExtensionContext, log: vscode.LogOutputChannel): UnsavedEdits {
  const unsaved = new UnsavedEdits(join((storageUri ?? globalStorageUri).fsPath, 'unsaved'));
  documents.onDidOpen((document) => {
    document.onDidChange(() => void unsaved.keep(document).catch((thrown: unknown) => log.warn('unsaved edits', String(thrown))));
  });
  return unsaved;
}

interface ViewOptions {
  readonly own: <T extends vscode.Disposable>(thing: T) => T;
  readonly documents: OpenDocuments;
  readonly runs: RunController;
  readonly verdicts: VerdictController;
  readonly past: RunsTree;
  readonly reader: WorkerClient;
  readonly log: vscode.LogOutputChannel;
}

interface Views {
  readonly layers: vscode.TreeView<LayerNode>;
  /** Asks again which engine will run. */
  readonly showEngine: () => void;
  readonly showPulls: LayersTree['showPulls'];
  /** Brings a layer into view in the tree, by its path. */
  readonly reveal: (path: string) => Promise<void>;
}

/** The trees and the status bar, each drawing the current document. */
function showViews({ own, documents, runs, verdicts, past, reader, log }: ViewOptions): Views {
  const tree = own(new LayersTree());
  const plan = own(new PlanTree());
  const status = own(new StatusBar());
  const layers = vscode.window.createTreeView<LayerNode>(viewIds.layers, { treeDataProvider: tree, manageCheckboxStateManually: true, showCollapseAll: true });
  own(vscode.window.registerTreeDataProvider(viewIds.plan, plan));
  let planPath: string | null | undefined;
  const showResumable = (): void => {
    planPath = documents.current?.source.planPath;
    void (planPath ? latestResumable(planPath) : Promise.resolve(null)).then((run) => setContext(contextKeys.canResume, run !== null));
  };
  const draw = (): void => {
    const document = documents.current;
    plan.show(document);
    past.show(document?.source.planPath ?? null);
    status.show(document);
    setContext(contextKeys.hasModel, document !== null);
    setContext(contextKeys.hasPlan, Boolean(document?.plan));
    if (document?.source.planPath !== planPath) showResumable();
  };
  const showEngine = (): void => {
    const configured = configuredEngine();
    const model = documents.current?.edited;
    reader.ask('engines', { engine: configured, ...(model ? { model } : {}) })
      .then((engines) => status.showEngine(engines.find(({ chosen }) => chosen) ?? { name: configured }), (thrown: unknown) => log.warn('engines', String(thrown)));
  };
  documents.onDidSwitch((document) => {
    tree.show(document);
    draw();
    showEngine();
  });
  documents.onDidEdit(() => {
    tree.repaint();
    draw();
  });
  runs.onDidChangeRunning((running) => {
    setContext(contextKeys.training, running);
    showResumable();
    past.refresh();
  });
  own(followVerdicts(verdicts, past));
  own(vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(settingIds.engine) && documents.current) showEngine();
  }));
  own(layers.onDidChangeCheckboxState(({ items }) => void setFlags(documents, tree, items)));
  return { layers, showEngine, showPulls: (document, pulls) => tree.showPulls(document, pulls), reveal: async (path) => layers.reveal(tree.rowOf(path), { select: true, focus: true }) };
}

/** The key that menus go by; and a verdict that began or ended stands in the ledger. */
function followVerdicts(verdicts: VerdictController, past: RunsTree): vscode.Disposable {
  let judging = false;
  return vscode.Disposable.from(verdicts.onDidChange(() => {
    if (verdicts.running === judging) return;
    judging = verdicts.running;
    setContext(contextKeys.judging, judging);
    past.refresh();
  }));
}

/** Every click is an edit of its own, in order. One that is refused is told, and its box drawn as the document has it. */
async function setFlags(documents: OpenDocuments, tree: LayersTree, items: readonly (readonly [LayerNode, vscode.TreeItemCheckboxState])[]): Promise<void> {
  const document = documents.require();
  await Promise.all(items.map(async ([{ path }, state]) => {
    try {
      await document.setTrainable([path], state === vscode.TreeItemCheckboxState.Checked);
    } catch (thrown) {
      tree.restore([path]);
      void vscode.window.showErrorMessage(toTell(thrown).message);
    }
  }));
}

/** A worker died. Where it took a run with it that left a checkpoint, the run can go on. */
async function tellEnded(message: string, runs: RunController): Promise<void> {
  const run = runs.running ? runs.folders.at(-1) : undefined;
  const resumable = run !== undefined && (await canResume(run)) && !runs.running;
  offerResume(vscode.window.showErrorMessage(message, ...(resumable ? [resumeLabel] : [])), run);
}

function setContext(key: string, value: boolean): void {
  void vscode.commands.executeCommand('setContext', key, value);
}

/** A plan that is saved in an editor or written by another program is read again. */
function followPlans(documents: OpenDocuments): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(`**/*${planSuffix}`);
  const read = (uri: vscode.Uri): void => void documents.planSaved(uri.fsPath);
  return vscode.Disposable.from(watcher, watcher.onDidChange(read), watcher.onDidCreate(read), vscode.workspace.onDidSaveTextDocument(({ uri }) => {
    if (uri.fsPath.endsWith(planSuffix)) read(uri);
  }));
}

interface LatestRunOptions {
  readonly runs: RunController;
  readonly training: TrainingPanel;
  readonly memory: vscode.Memento;
}

/** After a reload of the window, panel Training shows the latest runs again, from their logs on disk. */
function keepLatestRuns({ runs, training, memory }: LatestRunOptions): vscode.Disposable {
  const remember = runs.onDidChangeRunning((running) => {
    if (running) void memory.update(latestRunsKey, runs.folders);
  });
  const restore = vscode.window.registerWebviewPanelSerializer(panelIds.training, {
    deserializeWebviewPanel: async (panel) => {
      const logged = await Promise.all(memory.get<readonly string[]>(latestRunsKey, []).map((folder) => readRun(folder, folder)));
      runs.restore(logged.filter((run) => run !== null));
      training.adopt(panel);
    },
  });
  return vscode.Disposable.from(remember, restore);
}
