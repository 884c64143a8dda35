import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Inspection } from '../../../src/core/inspect/inspection';
import { commandIds } from '../../../src/extension/ids';
import type { ModelSurgeryApi } from '../../../src/extension/main';

const extensionId = 'model-surgery.model-surgery';

/** A file of the workspace, which is a copy of samples/fashion-mnist. */
export function inWorkspace(name: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the suite runs in a workspace folder');
  return join(folder.uri.fsPath, name);
}

export async function api(): Promise<ModelSurgeryApi> {
  const extension = vscode.extensions.getExtension<ModelSurgeryApi>(extensionId);
  assert.ok(extension, `${extensionId} is not installed`);
  return extension.activate();
}

/** `compiled` or what changed, as status bar and tree say it. */
export async function compileState(): Promise<string | undefined> {
  return (await api()).current()?.compileState;
}

/** Runs a command of ours by its name, as a keybinding or another extension would. */
export async function run<T>(name: keyof typeof commandIds, argument?: unknown): Promise<T> {
  return vscode.commands.executeCommand<T>(commandIds[name], argument);
}

/** Expects a rejection with this code. */
export async function refused(code: string, command: Promise<unknown>): Promise<void> {
  await assert.rejects(command, (thrown: unknown) => {
    assert.equal((thrown as { code?: unknown }).code, code, String(thrown));
    return true;
  });
}

/** Own flags by layer path. */
export function flags({ layers }: Inspection): Record<string, boolean> {
  return Object.fromEntries(layers.map(({ path, trainable }) => [path, trainable]));
}

/** Polls until it is so; a view needs a moment. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>, /** ms */ patience = 10_000): Promise<void> {
  for (let tries = 0; tries < patience / 50; tries++) {
    if (await isSo()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`it never came about: ${what}`);
}
