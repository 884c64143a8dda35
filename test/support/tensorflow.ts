import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installTensorflow } from '../../src/node/install/installTensorflow';
import { execute, installOnce, projectRoot } from './cached';
import { kerasPython } from './keras';

/** The version of what is made here: a change of it makes the installation anew. */
const RECIPE = '1';

/** Folder of a libtensorflow with its binding, made on first need from the TensorFlow that real Keras runs on (about 20 s). */
export async function tensorflowFolder(): Promise<string> {
  const python = await kerasPython();
  const requirements = await readFile(join(projectRoot, 'test/keras/requirements.txt'), 'utf8');
  const folder = await installOnce('tensorflow-tests', `${RECIPE}\n${python}\n${requirements}`, async (target) => {
    const place = join(target, 'package.txt');
    await execute({ file: python, args: ['-c', 'import importlib.util, sys; open(sys.argv[1], "w").write(importlib.util.find_spec("tensorflow").submodule_search_locations[0])', place] });
    await installTensorflow({
      target: join(target, 'whole'),
      from: await readFile(place, 'utf8'),
      sources: join(projectRoot, 'node_modules/@tensorflow/tfjs-node/binding'),
      nodeHeaders: join(projectRoot, 'node_modules/node-api-headers/include'),
      report: () => undefined,
    });
  });
  return join(folder, 'whole');
}
