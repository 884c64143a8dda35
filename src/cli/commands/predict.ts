import { resolve } from 'node:path';
import { networkSize } from '../../core/training/networkSize';
import { openEngine } from '../../engine/openEngine';
import { openModel } from '../../node/jobs/openModel';
import { predictJob } from '../../node/jobs/predict';
import { showShape } from '../table';
import type { Terminal } from '../terminal';
import { type EngineTimeout, engineTimeoutOption, watched } from '../watched';
import type { CliCommand } from './command';

interface Options extends EngineTimeout {
  readonly data: string;
  readonly out: string;
}

export const predictCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('predict').argument('<model>').requiredOption('--data <file>', '.npy, a table or a folder of images for one input, .npz keyed by input name').requiredOption('--out <file>', '.npy for one output, .npz keyed by output name')
      .addOption(engineTimeoutOption())
      .description('write what a model gives for data')
      .action((path: string, options: Options) => {
        const screen = terminal();
        return watched(screen, { ...options, after: 'another engine may do better' }, () => predict(resolve(path), options, screen));
      });
  },
};

async function predict(path: string, { data, out }: Options, { engine: name, log, signal, result }: Terminal): Promise<void> {
  const { model } = await openModel(path);
  const engine = await openEngine(name, log, networkSize(model));
  try {
    const predicted = await predictJob({ model, engine, signal, data: resolve(data), out: resolve(out), inputs: [path] });
    result(predicted, () => predicted.outputs.map(({ name: output, shape }) => `${output} ${showShape(shape)}`).join('\n'));
  } finally {
    await engine.dispose();
  }
}
