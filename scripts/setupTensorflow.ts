import { join, resolve } from 'node:path';
import { installTensorflow } from '../src/node/install/installTensorflow';

/**
 * `npm run setup:tensorflow [-- FOLDER]`: into `.cache/tensorflow` (`MODEL_SURGERY_TENSORFLOW` names another place), from a folder that
 * holds libtensorflow, else fetched.
 */
const root = resolve(import.meta.dirname, '..');
const from = process.argv[2] as string | undefined;
const target = process.env.MODEL_SURGERY_TENSORFLOW ?? join(root, '.cache/tensorflow');
const installed = await installTensorflow({
  target,
  sources: join(root, 'node_modules/@tensorflow/tfjs-node/binding'),
  nodeHeaders: join(root, 'node_modules/node-api-headers/include'),
  report: (message) => process.stderr.write(`${message}\n`),
  ...(from === undefined ? {} : { from }),
});
process.stdout.write(`TensorFlow ${installed.version} in ${target}\n`);
