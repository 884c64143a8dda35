import { resolve } from 'node:path';
import type { Model } from '../../core/model/model';
import { encodeOnnx } from '../../engine/onnxruntime/encodeOnnx';
import { compiledAsPlanned, exportJob } from '../../node/jobs/exportModel';
import { openModel } from '../../node/jobs/openModel';
import { openPlan, openPlannedModel, planInputs, type OpenedPlan } from '../../node/jobs/planFile';
import type { CliCommand } from './command';

export const exportCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('export').argument('<model>', 'a model, or a .surgery.json file: its model with its operations')
      .requiredOption('--to <format>', 'keras, h5, tfjs, onnx or script').requiredOption('--out <file>', 'the file; for tfjs the model.json or its folder')
      .option('--plan <plan>', 'the plan that a script trains the model by')
      .description('write a model in another format, or a plan as a Keras script')
      .action(async (path: string, { to, out, plan: named }: { to: string; out: string; plan?: string }) => {
        const { model, plan, inputs } = await sourceOf(resolve(path), named === undefined ? undefined : resolve(named));
        const written = await exportJob({ model, to, out: resolve(out), inputs, encodeOnnx, plan });
        terminal().result(written, () => `saved ${written.path}`);
      });
  },
};

interface Source {
  readonly model: Model;
  readonly plan?: OpenedPlan;
  readonly inputs: readonly string[];
}

/** A plan brings its model; a model with a plan beside it is trained as it is, so the plan's operations are left out. */
async function sourceOf(path: string, planPath: string | undefined): Promise<Source> {
  if (path.toLowerCase().endsWith('.surgery.json')) {
    const plan = await openPlan(path);
    const { model } = await openPlannedModel(plan);
    return { model: compiledAsPlanned(model, plan.plan.operations.length > 0, plan.plan), plan, inputs: planInputs(plan) };
  }
  const { model } = await openModel(path);
  if (planPath === undefined) return { model, inputs: [path] };
  const opened = await openPlan(planPath);
  const plan: OpenedPlan = { ...opened, plan: { ...opened.plan, model: path, operations: [] } };
  return { model, plan, inputs: [path, ...planInputs(opened)] };
}
