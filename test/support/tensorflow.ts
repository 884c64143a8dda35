import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installTensorflow } from '../../src/node/install/installTensorflow';
import { installOnce, projectRoot } from './cached';
import { kerasPython } from './keras';

/** The package `tensorflow` of the Python that has real Keras. */
export async function pythonPackage(): Promise<string> {
  const words = 'import importlib.util; print(importlib.util.find_spec("tensorflow").submodule_search_locations[0])';
  return execFileSync(await kerasPython(), ['-c', words], { encoding: 'utf8' }).trim();
}

/** Where the installer finds what it compiles, in this project. */
export const bindingSources = {
  sources: join(projectRoot, 'node_modules/@tensorflow/tfjs-node/binding'),
  nodeHeaders: join(projectRoot, 'node_modules/node-api-headers/include'),
} as const;

/**
 * The engine, installed from the libraries of real Keras into `.cache/tensorflow-tested`, on first need. Not into `.cache/tensorflow`,
 * which is the developer's: there every suite would find it.
 */
export async function testedTensorflow(): Promise<string> {
  const from = await pythonPackage();
  const versions = await Promise.all(['test/keras/requirements.txt', 'node_modules/@tensorflow/tfjs-node/package.json'].map((path) => readFile(join(projectRoot, path), 'utf8')));
  const folder = await installOnce('tensorflow-tested', [from, ...versions].join('\n'), async (target) => {
    await installTensorflow({ target: join(target, 'engine'), from, ...bindingSources, report: (message) => process.stderr.write(`${message}\n`) });
  });
  return join(folder, 'engine');
}
