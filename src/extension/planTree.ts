import { basename } from 'node:path';
import * as vscode from 'vscode';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import { commandIds } from './ids';
import { planRows, type PlanRow } from './planRows';

const icons = new Map([['model', 'file-binary'], ['operations', 'tools'], ['compile', 'gear'], ['data', 'database']]);

/** The tree Plan: what is done to the model, whether it is compiled, and the phases with what can be edited by a click. */
export class PlanTree implements vscode.TreeDataProvider<PlanRow> {
  private document: SurgeryDocument | null = null;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  show(document: SurgeryDocument | null): void {
    this.document = document;
    this.changed.fire(undefined);
  }

  getChildren(row?: PlanRow): PlanRow[] {
    if (row) return [...row.children];
    const { document } = this;
    // A model without plan and edits has the welcome text instead.
    if (!document) return [];
    return [...planRows({ model: basename(document.source.path), operations: document.operations, plan: document.plan, compileState: compileState(document) })];
  }

  getTreeItem(row: PlanRow): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const opened = row.id === 'data' || row.id === 'compile' ? Collapsed : Expanded;
    const item = new vscode.TreeItem(row.label, row.children.length === 0 ? None : opened);
    item.id = row.id;
    item.description = row.description;
    item.tooltip = row.description === '' ? row.label : `${row.label}: ${row.description}`;
    const icon = /^phases\/\d+$/.test(row.id) ? 'play-circle' : icons.get(row.id);
    if (icon !== undefined) item.iconPath = new vscode.ThemeIcon(icon);
    if (row.edits) {
      item.contextValue = 'setting';
      item.command = { command: commandIds.editSetting, title: 'Edit', arguments: [{ path: row.edits }] };
    }
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }
}
