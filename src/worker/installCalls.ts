import { existsSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { SurgeryError } from '../core/errors';
import { installTensorflow } from '../node/install/installTensorflow';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';
import type { Tell } from './serve';

/** Puts TensorFlow into its folder. */
export function installCalls(tell: Tell): Pick<Handlers<WorkerCalls>, 'installTensorflow'> {
  return {
    installTensorflow: ({ target, from }, signal) => installTensorflow({
      target, signal, report: (message) => tell('install', { message }), ...(from === undefined ? {} : { from }),
      sources: packageFolder('@tensorflow/tfjs-node/binding'), nodeHeaders: packageFolder('node-api-headers/include'),
    }),
  };
}

/** Of a package that ships with this program, or that the project around it has. */
function packageFolder(path: string): string {
  for (let folder = dirname(process.argv[1]); folder !== parse(folder).root; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', path);
    if (existsSync(found)) return found;
  }
  throw new SurgeryError('internal', 'A part of this program is missing.', { expected: path, where: dirname(process.argv[1]) });
}
