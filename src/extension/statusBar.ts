import * as vscode from 'vscode';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import { commandIds } from './ids';

/** One item: which engine will run, and whether the model is compiled. There while a model is open. */
export class StatusBar {
  private readonly item = vscode.window.createStatusBarItem('modelSurgery.state', vscode.StatusBarAlignment.Left, 50);
  private engine = 'auto';
  private document: SurgeryDocument | null = null;

  constructor() {
    this.item.name = 'Model Surgery';
    this.item.command = commandIds.selectEngine;
    this.item.tooltip = 'Model Surgery: engine and compile state. Click to select the engine.';
  }

  show(document: SurgeryDocument | null): void {
    this.document = document;
    this.draw();
  }

  showEngine(name: string): void {
    this.engine = name;
    this.draw();
  }

  dispose(): void {
    this.item.dispose();
  }

  private draw(): void {
    if (this.document) {
      this.item.text = `$(circuit-board) ${this.engine} · ${compileState(this.document)}`;
      this.item.show();
    } else {
      this.item.hide();
    }
  }
}
