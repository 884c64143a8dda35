import * as vscode from 'vscode';
import type { RunEvent } from '../core/run/events';
import { kerasName } from './planRows';
import { outcomeOf, readRuns, type LoggedRun } from './runLog';

type RunNode = { readonly kind: 'run'; readonly run: LoggedRun } | { readonly kind: 'fact'; readonly label: string; readonly description: string };

/** The tree Runs: every run of the plan that is open, newest first, read from disk. */
export class RunsTree implements vscode.TreeDataProvider<RunNode> {
  private planPath: string | null = null;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  show(planPath: string | null): void {
    if (planPath === this.planPath) return;
    this.planPath = planPath;
    this.refresh();
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    if (node?.kind === 'fact') return [];
    if (node) return node.run.events.flatMap(factOf);
    if (this.planPath === null) return [];
    return (await readRuns(this.planPath)).map((run) => ({ kind: 'run', run }));
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    if (node.kind === 'fact') {
      const item = new vscode.TreeItem(node.label);
      item.description = node.description;
      return item;
    }
    const { events, folder, name } = node.run;
    const began = events.at(0)?.time;
    const item = new vscode.TreeItem(began === undefined ? name : new Date(began).toLocaleString(), vscode.TreeItemCollapsibleState.Collapsed);
    item.id = folder;
    item.description = outcomeOf(events);
    item.tooltip = `${item.description}\n${folder}`;
    item.contextValue = 'run';
    item.iconPath = new vscode.ThemeIcon('history');
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function factOf(event: RunEvent): RunNode[] {
  const fact = (label: string, description: string): RunNode[] => [{ kind: 'fact', label, description }];
  switch (event.type) {
    case 'start': return fact('engine', `${event.engine.name} ${event.engine.version}`);
    case 'phase': return fact(event.name, `${event.epochs} epochs · ${kerasName(event.optimizer)}${event.recompiled ? ' · recompiled' : ''} · ${event.frozen.length} frozen`);
    case 'receipt': return fact(`receipt of phase ${event.phase}`, event.ok ? 'frozen weights did not move' : 'a frozen weight moved');
    case 'result': return fact('samples', String(event.samples));
    case 'saved': return fact('saved', event.path);
    default: return [];
  }
}
