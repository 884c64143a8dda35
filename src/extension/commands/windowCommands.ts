import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { EngineReport } from '../../core/ports';
import { commandIds, settingIds } from '../ids';
import type { WorkerClient } from '../workerClient';
import type { Commands } from './register';

type WindowCommand = typeof commandIds.selectEngine | typeof commandIds.showLog;

const automaticEngine = 'auto';

/** The engine that the settings name. */
export function configuredEngine(): string {
  return vscode.workspace.getConfiguration().get<string>(settingIds.engine, automaticEngine);
}

export function windowCommands(reader: Pick<WorkerClient, 'ask'>, log: vscode.LogOutputChannel): Commands<WindowCommand> {
  return {
    [commandIds.showLog]: () => log.show(),
    [commandIds.selectEngine]: async (argument) => {
      const engines = await reader.ask('engines', { engine: configuredEngine() });
      const name = argument === undefined ? await pickEngine(engines) : nameOf(argument, engines);
      if (name === undefined) return undefined;
      await vscode.workspace.getConfiguration().update(settingIds.engine, name, vscode.ConfigurationTarget.Global);
      return { engine: name };
    },
  };
}

async function pickEngine(engines: readonly EngineReport[]): Promise<string | undefined> {
  const items = engines.map(({ name, available, version, reason, chosen }) => ({
    label: name, description: available ? `${version ?? ''}${chosen ? ' · in use' : ''}` : 'not available', detail: reason, name,
  }));
  const automatic: vscode.QuickPickItem & { readonly name: string } = { label: 'automatic', description: 'the first choice of those that run here', name: automaticEngine };
  return (await vscode.window.showQuickPick<typeof automatic>([automatic, ...items], { title: 'Engine' }))?.name;
}

function nameOf(argument: unknown, engines: readonly EngineReport[]): string {
  const names = [automaticEngine, ...engines.map(({ name }) => name)];
  if (typeof argument === 'string' && names.includes(argument)) return argument;
  throw new SurgeryError('usage', 'There is no such engine', { expected: names.join(', '), received: JSON.stringify(argument) });
}
