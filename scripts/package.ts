import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const platform = `${process.platform}-${process.arch}`;
const native = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;

/**
 * All that ships, relative to the project. TensorFlow's native library does not: it is ten times the size of the
 * rest, and the command "Install TensorFlow Engine" sets it up where it is wanted.
 */
const shipped: readonly string[] = [
  'LICENSE', 'README.md', 'CHANGELOG.md', 'media', 'samples', 'dist',
  'node_modules/onnxruntime-common/package.json', 'node_modules/onnxruntime-common/dist/cjs',
  'node_modules/onnxruntime-node/package.json', 'node_modules/onnxruntime-node/dist', native,
  'node_modules/onnxruntime-web/package.json',
  'node_modules/onnxruntime-web/dist/ort.node.min.js',
  'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.mjs',
  'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
];

/** Copies what ships into an empty folder, so that nothing else can get into the VSIX. */
async function stage(folder: string): Promise<void> {
  for (const path of shipped) await cp(join(root, path), join(folder, path), { recursive: true, dereference: true, filter: (source) => !source.endsWith('.map') });
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const kept = Object.entries(manifest).filter(([key]) => !['scripts', 'devDependencies', 'dependencies'].includes(key));
  await writeFile(join(folder, 'package.json'), JSON.stringify(Object.fromEntries(kept), null, 2));
  await writeFile(join(folder, '.vscodeignore'), '');
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'model-surgery-vsix-'));
  try {
    await stage(folder);
    await mkdir(join(root, 'out'), { recursive: true });
    const vsix = join(root, 'out', `model-surgery-${platform}.vsix`);
    const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
    const options = ['package', '--no-dependencies', '--target', platform, '--out', vsix, '--allow-missing-repository', '--skip-license'];
    await run(process.execPath, [vsce, ...options], { cwd: folder });
    console.log(`${vsix} ${((await stat(vsix)).size / 1e6).toFixed(1)} MB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
