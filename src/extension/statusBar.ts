import * as vscode from 'vscode';
import type { EngineReport } from '../core/ports';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import { commandIds } from './ids';

/** What is known of the engine that will run. */
type ShownEngine = { readonly name: string } & Partial<Pick<EngineReport, 'version' | 'reason'>>;

/** One item: which engine will run, and whether the model is compiled. There while a model is open. */
export class StatusBar {
  private readonly item = vscode.window.createStatusBarItem('modelSurgery.state', vscode.StatusBarAlignment.Left, 50);
  private engine: ShownEngine = { name: 'auto' };
  private document: SurgeryDocument | null = null;

  constructor() {
    this.item.name = 'Model Surgery';
    this.item.command = commandIds.selectEngine;
  }

  show(document: SurgeryDocument | null): void {
    this.document = document;
    this.draw();
  }

  showEngine(engine: ShownEngine): void {
    this.engine = engine;
    this.draw();
  }

  dispose(): void {
    this.item.dispose();
  }

  private draw(): void {
    if (this.document) {
      const { name, version, reason } = this.engine;
      this.item.tooltip = [`Model Surgery: engine ${name}${version ? ` ${version}` : ''} and compile state.`, ...(reason === undefined ? [] : [reason]), 'Click to select the engine.'].join('\n');
      this.item.text = `$(circuit-board) ${name} · ${compileState(this.document)}`;
      this.item.show();
    } else {
      this.item.hide();
    }
  }
}
