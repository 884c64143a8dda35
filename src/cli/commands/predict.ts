import { resolve } from 'node:path';
import { networkSize } from '../../core/training/networkSize';
import { openEngine } from '../../engine/openEngine';
import { openModel } from '../../node/jobs/openModel';
import { predictJob } from '../../node/jobs/predict';
import { showShape } from '../table';
import type { CliCommand } from './command';

export const predictCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('predict').argument('<model>').requiredOption('--data <file>', '.npy for one input, .npz keyed by input name').requiredOption('--out <file>', '.npy for one output, .npz keyed by output name')
      .description('write what a model gives for data')
      .action(async (path: string, { data, out }: { data: string; out: string }) => {
        const { engine: name, log, signal, result } = terminal();
        const { model } = await openModel(resolve(path));
        const engine = await openEngine(name, log, networkSize(model));
        try {
          const predicted = await predictJob({ model, engine, signal, data: resolve(data), out: resolve(out), inputs: [resolve(path)] });
          result(predicted, () => predicted.outputs.map(({ name: output, shape }) => `${output} ${showShape(shape)}`).join('\n'));
        } finally {
          await engine.dispose();
        }
      });
  },
};
