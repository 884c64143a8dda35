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
  return {
    tree,
    dispose: () => {
      view.dispose();
      tree.dispose();
    },
  };
}
