import { resolve } from 'node:path';
import { Option } from 'commander';
import { networkSize } from '../../core/training/networkSize';
import { openEngine } from '../../engine/openEngine';
import type { SplitName } from '../../node/jobs/dataFiles';
import { evaluateJob } from '../../node/jobs/evaluate';
import { openModel } from '../../node/jobs/openModel';
import { openPlan } from '../../node/jobs/planFile';
import { showFigures } from '../table';
import type { Terminal } from '../terminal';
import { type EngineTimeout, engineTimeoutOption, watched } from '../watched';
import type { CliCommand } from './command';

interface Options extends EngineTimeout {
  readonly plan: string;
  readonly split: SplitName;
}

export const evaluateCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('evaluate').argument('<model>').requiredOption('--plan <plan>', 'whose data, loss and metrics are taken')
      .addOption(new Option('--split <set>', 'which set of the plan').choices(['train', 'validation', 'test']).default('test'))
      .addOption(engineTimeoutOption())
      .description('loss and metrics of a model on a data set of a plan')
      .action((path: string, options: Options) => {
        const screen = terminal();
        return watched(screen, { ...options, after: 'another engine may do better' }, () => evaluate(resolve(path), options, screen));
      });
  },
};

async function evaluate(path: string, { plan, split }: Options, { engine: name, log, signal, result }: Terminal): Promise<void> {
  const [model, opened] = [await openModel(path), await openPlan(resolve(plan))];
  const engine = await openEngine(name, log, networkSize(model.model));
  try {
    const evaluation = await evaluateJob({ model, plan: opened, split, engine, signal });
    result(evaluation, () => `${split}: ${showFigures({ loss: evaluation.loss, ...evaluation.metrics })} on ${evaluation.samples} samples`);
  } finally {
    await engine.dispose();
  }
}
