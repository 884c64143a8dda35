import * as vscode from 'vscode';
import { toTell } from './errorText';
import type { commandIds } from '../ids';

export type CommandId = (typeof commandIds)[keyof typeof commandIds];
/** What a command does with what it is given; plain data, or undefined where its user left a dialog. */
export type Command = (argument?: unknown, /** All rows that are selected, where a menu of a tree hands them over. */ selected?: unknown) => unknown;
export type Commands<K extends CommandId> = Readonly<Record<K, Command>>;

/** A command for each id: a missing one does not compile. What they throw is logged, and told in one line. */
export function registerCommands(commands: Commands<CommandId>, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(...Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (argument?: unknown, selected?: unknown) => {
      try {
        return await run(argument, selected);
      } catch (thrown) {
        log.error(id, thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown));
        throw toTell(thrown);
      }
    })));
}
