import * as vscode from 'vscode';
import { viewIds } from './ids';
import { RunsTree, type RunsNode } from './runsTree';
import type { WorkerClient } from './workerClient';

/** The view Runs: several rows can be selected, and above them stands how often the test set was tried. */
export function showRunsView(reader: Pick<WorkerClient, 'ask'>): { readonly tree: RunsTree; dispose(): void } {
  const tree: RunsTree = new RunsTree((planPath) => reader.ask('ledger', { planPath }), (message) => {
    // VS Code clears a message by the empty text.
    view.message = message ?? '';
  });
  const view: vscode.TreeView<RunsNode> = vscode.window.createTreeView<RunsNode>(viewIds.runs, { treeDataProvider: tree, canSelectMany: true });
  // Whoever writes it: this window, another one, or the command line.
  const watcher = vscode.workspace.createFileSystemWatcher('**/.model-surgery/ledger.jsonl');
  watcher.onDidChange(() => tree.refresh());
  watcher.onDidCreate(() => tree.refresh());
  return {
    tree,
    dispose: () => {
      watcher.dispose();
      view.dispose();
      tree.dispose();
    },
  };
}
