import { resolve } from 'node:path';
import { inspectModel } from '../../core/inspect/inspectModel';
import type { Inspection } from '../../core/inspect/inspection';
import { openModel } from '../../node/jobs/openModel';
import { showShape, table } from '../table';
import type { CliCommand } from './command';

export const inspectCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('inspect').argument('<model>', 'a .keras or .h5 file, or a TensorFlow.js model.json').option('--weights', 'look for NaN and Inf in weights of any size')
      .description('list the layers, flags and parameters of a model')
      .action(async (path: string, { weights }: { weights?: boolean }) => {
        const { model, sha256 } = await openModel(resolve(path));
        const inspection = inspectModel(model, sha256, { weights: weights === true });
        terminal().result(inspection, () => showInspection(inspection));
      });
  },
};

function showInspection(inspection: Inspection): string {
  const { parameters, layers, problems } = inspection;
  const rows = layers.map((layer) => [
    layer.effectiveTrainable ? '[x]' : '[ ]', layer.path, layer.class, showShape(layer.outputShape), layer.parameters.toLocaleString('en'), layer.opaque ?? layer.frozenBecause ?? '',
  ]);
  return [
    `${inspection.class} ${inspection.name}, ${inspection.format}, written by Keras ${inspection.kerasVersion}`,
    table(['', 'layer', 'class', 'output', 'parameters', 'note'], rows, [4]),
    `parameters: ${parameters.total.toLocaleString('en')} (trainable ${parameters.trainable.toLocaleString('en')}, frozen ${parameters.frozen.toLocaleString('en')})`,
    ...problems.map(({ message, where }) => `problem: ${message}${where === undefined ? '' : ` (${where})`}`),
  ].join('\n');
}
