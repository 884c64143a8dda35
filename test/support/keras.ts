import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execute, installOnce, projectRoot } from './cached';

/** Keras on TensorFlow, on the processor, quiet. */
export const kerasEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  KERAS_BACKEND: 'tensorflow',
  TF_CPP_MIN_LOG_LEVEL: '3',
  CUDA_VISIBLE_DEVICES: '',
  // With oneDNN TensorFlow 2.21 fails on processors with AVX-512 where a padding stands before a convolution of three dimensions.
  TF_ENABLE_ONEDNN_OPTS: '0',
};

/** Python that has real Keras: `MODEL_SURGERY_PYTHON`, else a venv in `.cache/keras`, made on first need. */
export async function kerasPython(): Promise<string> {
  const named = process.env.MODEL_SURGERY_PYTHON;
  if (named) return named;
  const requirements = join(projectRoot, 'test/keras/requirements.txt');
  const folder = await installOnce('keras', await readFile(requirements, 'utf8'), async (venv) => {
    await execute({ file: 'python3', args: ['-m', 'venv', venv] });
    await execute({ file: join(venv, 'bin/pip'), args: ['install', '--quiet', '-r', requirements] });
  });
  return join(folder, 'bin/python');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${await kerasPython()}\n`);
}
