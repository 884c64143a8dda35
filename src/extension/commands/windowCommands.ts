import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { EngineReport } from '../../core/ports';
import { defaultFeatureBudget, type FeatureBudget } from '../../core/run/features';
import { commandIds, settingIds } from '../ids';
import type { WorkerClient } from '../workerClient';
import type { Commands } from './register';

type WindowCommand = typeof commandIds.selectEngine | typeof commandIds.removeKeptOutputs | typeof commandIds.showLog;

interface WindowCommandOptions {
  readonly reader: Pick<WorkerClient, 'ask'>;
  /** Holds what is kept. */
  readonly trainer: Pick<WorkerClient, 'ask'>;
  readonly log: vscode.LogOutputChannel;
}

const automaticEngine = 'auto';

/** The engine that the settings name. */
export function configuredEngine(): string {
  return vscode.workspace.getConfiguration().get<string>(settingIds.engine, automaticEngine);
}

/** What outputs of frozen layers may take, as the settings say. */
export function configuredFeatures(): FeatureBudget {
  const setting = (id: string, otherwise: number): number => {
    const megabytes = vscode.workspace.getConfiguration().get<unknown>(id);
    return typeof megabytes === 'number' && megabytes >= 0 ? Math.round(megabytes * 2 ** 20) : otherwise;
  };
  return { memory: setting(settingIds.featureMemory, defaultFeatureBudget.memory), disk: setting(settingIds.featureDisk, defaultFeatureBudget.disk) };
}

export function windowCommands({ reader, trainer, log }: WindowCommandOptions): Commands<WindowCommand> {
  return {
    [commandIds.removeKeptOutputs]: async () => {
      const removed = await trainer.ask('clearFeatures', {});
      void vscode.window.showInformationMessage(`Outputs of frozen layers that were kept for later runs were removed: ${Math.round(removed.bytes / 2 ** 20)} MB.`);
      return removed;
    },
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
