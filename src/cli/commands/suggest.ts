import { resolve } from 'node:path';
import { networkSize } from '../../core/training/networkSize';
import { openEngine } from '../../engine/openEngine';
import { openPlan, openPlannedModel } from '../../node/jobs/planFile';
import { suggestFreezeJob } from '../../node/jobs/suggestFreeze';
import { table } from '../table';
import type { Terminal } from '../terminal';
import { type EngineTimeout, engineTimeoutOption, watched } from '../watched';
import type { CliCommand } from './command';

/** characters */
const barWidth = 20;

export const suggestCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('suggest').argument('<plan>', 'a .surgery.json file')
      .addOption(engineTimeoutOption())
      .description('what to freeze: how much each layer is pulled by the new data, from one pass of gradients')
      .action((path: string, { engineTimeout }: EngineTimeout) => {
        const screen = terminal();
        return watched(screen, { engineTimeout, after: 'another engine may do better' }, () => suggest(resolve(path), screen));
      });
  },
};

async function suggest(path: string, { engine: name, log, signal, result }: Terminal): Promise<void> {
  const plan = await openPlan(path);
  const { model } = await openPlannedModel(plan);
  const engine = await openEngine(name, log, networkSize(model));
  try {
    const suggestion = await suggestFreezeJob({ model, plan, engine, signal });
    const most = Math.max(...suggestion.layers.map(({ relativeGradient }) => relativeGradient));
    const rows = suggestion.layers.map(({ path: layer, relativeGradient, isHead, freeze }) => [
      layer, '#'.repeat(Math.round((barWidth * relativeGradient) / (most || 1))), relativeGradient.toExponential(2), isHead ? 'head' : freeze ? 'freeze' : '',
    ]);
    result(suggestion, () => `${table(['layer', 'relative gradient', '', 'proposed'], rows)}\n${suggestion.reason}`);
  } finally {
    await engine.dispose();
  }
}
