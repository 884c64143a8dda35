import * as vscode from 'vscode';
import { documentCommands } from './commands/documentCommands';
import { SurgeryDocument } from './document';
import { forkWorker } from './forkWorker';
import { commandIds, contextKeys, viewIds } from './ids';
import { LayersTree, type LayerNode } from './layersTree';
import { WorkerClient } from './workerClient';

/** Registers, and starts nothing: the first command or view that needs a model starts the reader. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Model Surgery', { log: true });
  const reader = new WorkerClient({
    name: 'The model reader',
    start: () => forkWorker(context.asAbsolutePath('dist/worker.cjs'), 1024),
    deadline: 60_000,
    onEvent: (name, event) => log.debug(name, JSON.stringify(event)),
    onEnded: (name, reason) => void vscode.window.showWarningMessage(`${name} ended: ${reason}`),
    now: () => Date.now(),
  });
  const tree = new LayersTree();
  const view = vscode.window.createTreeView<LayerNode>(viewIds.layers, { treeDataProvider: tree });
  let current: SurgeryDocument | null = null;
  const openModel = async (uri: vscode.Uri): Promise<unknown> => {
    current = await SurgeryDocument.open(reader, { path: uri.fsPath, operations: [], planPath: null, plan: null });
    context.subscriptions.push(current.onDidChange(() => tree.repaint()));
    tree.show(current);
    await vscode.commands.executeCommand('setContext', contextKeys.hasModel, true);
    return current.inspection;
  };
  const commands = { ...documentCommands(() => current), [commandIds.openModel]: openModel, [commandIds.showLog]: () => log.show() };
  context.subscriptions.push(log, view, reader,
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
    view.onDidChangeCheckboxState(async ({ items }) => {
      for (const [node, state] of items) await current?.setTrainable([node.path], state === vscode.TreeItemCheckboxState.Checked);
    }));
}
