import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { buildIfStale, root } from './build';

const sample = join(root, 'samples/fashion-mnist');
const plan = join(sample, 'transfer.surgery.json');
const out = join(sample, '.model-surgery/demo');

/** One command of the terminal tool, shown as a user would type it. Ends the demo where it fails. */
function surgery(...args: string[]): void {
  console.log(`\n$ model-surgery ${args.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg)).join(' ')}`);
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

buildIfStale();
console.log('The main job: a network that knows eight kinds of clothes learns to tell sandals from shirts, from 200 images.');
surgery('inspect', join(sample, 'my_model_A.keras'));
surgery('run', plan, '--out', out);
surgery('inspect', join(out, 'model.keras'));
surgery('evaluate', join(out, 'model.keras'), '--plan', plan, '--split', 'test');
surgery('diff', join(sample, 'my_model_A.keras'), join(out, 'model.keras'));
console.log(`\nSaved: ${relative(root, join(out, 'model.keras'))} (opens in Keras 3); the original was not touched.`);
