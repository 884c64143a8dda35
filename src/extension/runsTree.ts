import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { LedgerView, RunRow } from '../core/ledger/runRows';
import { commandIds } from './ids';
import { matchesRun, runFacts } from './runText';

export interface RunNode { readonly kind: 'run'; readonly run: RunRow }
export interface FactNode { readonly kind: 'fact'; readonly label: string; readonly description: string }
export type RunsNode = RunNode | FactNode;

const icons: Readonly<Record<RunRow['kind'], string>> = { run: 'history', evaluation: 'beaker', verdict: 'law' };

/** The tree Runs: the ledger beside the plan that is open, newest first. What was taken out of it goes on counting. */
export class RunsTree implements vscode.TreeDataProvider<RunsNode> {
  private planPath: string | null = null;
  private latest: LedgerView | null = null;
  private words = '';
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  /** `told` hears what stands above the rows. */
  constructor(private readonly read: (planPath: string) => Promise<LedgerView>, private readonly told: (message: string | undefined) => void) {}

  get filter(): string { return this.words; }
  /** The rows that are shown. */
  get rows(): readonly RunRow[] { return (this.latest?.runs ?? []).filter((run) => !run.hidden && matchesRun(run, this.words)); }
  get plan(): string | null { return this.planPath; }

  show(planPath: string | null): void {
    if (planPath === this.planPath) return;
    this.planPath = planPath;
    this.refresh();
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  /** Only runs in which every word occurs; all of them for an empty text. */
  setFilter(words: string): void {
    this.words = words;
    this.refresh();
  }

  /** Reads the ledger anew. */
  async load(): Promise<readonly RunRow[]> {
    this.latest = this.planPath === null ? null : await this.read(this.planPath);
    this.told(this.message());
    return this.rows;
  }

  async getChildren(node?: RunsNode): Promise<RunsNode[]> {
    if (node?.kind === 'fact') return [];
    if (node) return runFacts(node.run).map(({ label, description }): FactNode => ({ kind: 'fact', label, description }));
    return (await this.load()).map((run): RunNode => ({ kind: 'run', run }));
  }

  getTreeItem(node: RunsNode): vscode.TreeItem {
    if (node.kind === 'fact') {
      const item = new vscode.TreeItem(node.label);
      item.description = node.description;
      item.tooltip = `${node.label}: ${node.description}`;
      return item;
    }
    const { id, kind, time, result, notes, title } = node.run;
    const item = new vscode.TreeItem(new Date(time).toLocaleString(), vscode.TreeItemCollapsibleState.Collapsed);
    item.id = id;
    item.description = [result, ...notes].join(' · ');
    item.tooltip = [`${kind} of ${basename(title)}`, result, ...notes].join('\n');
    item.contextValue = `run.${kind}`;
    item.iconPath = new vscode.ThemeIcon(icons[kind]);
    item.accessibilityInformation = { label: `${kind}, ${new Date(time).toLocaleString()}, ${result}${notes.length > 0 ? `, notes: ${notes.join(', ')}` : ''}` };
    item.command = { command: commandIds.openRun, title: 'Open Run', arguments: [id] };
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private message(): string | undefined {
    if (!this.latest) return undefined;
    const { fault, tests } = this.latest;
    const counts = tests.map(({ configurationsTried, looks }) => `${configurationsTried} ${configurationsTried === 1 ? 'configuration' : 'configurations'} tried on a test set, looked at ${looks} times`);
    const parts = [
      ...(fault ? [`The ledger cannot be believed: record ${fault.seq} was ${fault.what}.`] : []),
      ...counts, ...(this.words === '' ? [] : [`filter: ${this.words}`]),
    ];
    return parts.length === 0 ? undefined : parts.join(' · ');
  }
}
