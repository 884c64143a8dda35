import { resolve } from 'node:path';
import { encodeOnnx } from '../../engine/onnxruntime/encodeOnnx';
import { exportJob } from '../../node/jobs/exportModel';
import { openModel } from '../../node/jobs/openModel';
import type { CliCommand } from './command';

export const exportCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('export').argument('<model>').requiredOption('--to <format>', 'keras, h5, tfjs, onnx or script').requiredOption('--out <file>', 'the file; for tfjs the model.json or its folder')
      .description('write a model in another format')
      .action(async (path: string, { to, out }: { to: string; out: string }) => {
        const { model } = await openModel(resolve(path));
        const written = await exportJob({ model, to, out: resolve(out), inputs: [resolve(path)], encodeOnnx });
        terminal().result(written, () => `saved ${written.path}`);
      });
  },
};
