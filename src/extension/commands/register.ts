import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { commandIds } from '../ids';

export type CommandId = (typeof commandIds)[keyof typeof commandIds];
/** What a command does with what it is given; plain data, or undefined where its user left a dialog. */
export type Command = (argument?: unknown) => unknown;
export type Commands<K extends CommandId> = Readonly<Record<K, Command>>;

/** A command for each id: a missing one does not compile. What they throw is logged, and told in one line. */
export function registerCommands(commands: Commands<CommandId>, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(...Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (argument?: unknown) => {
      try {
        return await run(argument);
      } catch (thrown) {
        log.error(id, thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown));
        throw toTell(thrown);
      }
    })));
}

/** VS Code shows an error's message in a notification: it carries all that the error knows, and no link. */
export function toTell(thrown: unknown): SurgeryError {
  const error = thrown instanceof SurgeryError ? thrown : new SurgeryError('internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  const facts = [
    ...(error.where === undefined ? [] : [error.where]),
    ...(error.expected === undefined ? [] : [`expected ${error.expected}`]),
    ...(error.received === undefined ? [] : [`received ${error.received}`]),
  ];
  const message = facts.length === 0 ? error.message : `${error.message} (${facts.join('; ')})`;
  return new SurgeryError(error.code, plainText(message), { ...error.toRecord(), cause: thrown });
}

/** Notifications make links of `[text](address)`; a layer's name must not become one. */
export function plainText(message: string): string {
  return message.replaceAll('](', '] (');
}
