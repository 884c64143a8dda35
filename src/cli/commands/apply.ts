import { resolve } from 'node:path';
import { operationText } from '../../core/surgery/operationText';
import { encodeOnnx } from '../../engine/onnxruntime/encodeOnnx';
import { exportJob } from '../../node/jobs/exportModel';
import { openPlan, openPlannedModel, planInputs } from '../../node/jobs/planFile';
import type { CliCommand } from './command';

export const applyCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('apply').argument('<plan>', 'a .surgery.json file').requiredOption('--out <file>', 'the edited model')
      .description('apply the operations of a plan, without training')
      .action(async (path: string, { out }: { out: string }) => {
        const plan = await openPlan(resolve(path));
        const { model } = await openPlannedModel(plan);
        const written = await exportJob({ model, to: 'keras', out: resolve(out), inputs: planInputs(plan), encodeOnnx });
        const { operations } = plan.plan;
        terminal().result({ path: written.path, sha256: written.sha256, operations }, () => [...operations.map(operationText), `saved ${written.path}`].join('\n'));
      });
  },
};
