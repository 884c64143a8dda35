import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const platform = `${process.platform}-${process.arch}`;

/** All of the project that ships. */
const own: readonly string[] = ['LICENSE', 'README.md', 'CHANGELOG.md', 'media', 'samples', 'dist'];

/**
 * What ships of libraries that are not bundled, below node_modules: the native library of this platform only, and
 * WebAssembly for machines on which it does not load. Of TensorFlow only what its installer compiles ships: the source of the binding.
 */
const libraries: readonly string[] = [
  ...['package.json', 'LICENSE', 'dist'].map((path) => `sharp/${path}`), ...['@img/colour', 'detect-libc', 'semver', ...sharpBinaries()],
  'onnxruntime-common/package.json', 'onnxruntime-common/dist/cjs',
  'onnxruntime-node/package.json', 'onnxruntime-node/dist', `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`,
  ...['package.json', 'dist/ort.node.min.js', 'dist/ort-wasm-simd-threaded.mjs', 'dist/ort-wasm-simd-threaded.wasm'].map((path) => `onnxruntime-web/${path}`),
  ...['package.json', 'binding'].map((path) => `@tensorflow/tfjs-node/${path}`),
  ...['package.json', 'LICENSE', 'include'].map((path) => `node-api-headers/${path}`),
];

/** The decoder of images for this platform, and the library that it is made on. */
function sharpBinaries(): readonly string[] {
  const folder = join(root, 'node_modules/@img');
  return readdirSync(folder).filter((name) => name.endsWith(platform)).map((name) => `@img/${name}`);
}

/** No source maps, no Python that made the samples, no runs of whoever packages. */
function ships(source: string): boolean {
  return !/(\.map|\.py|\.d\.[cm]?ts|[\\/](\.model-surgery|__pycache__))$/.test(source);
}

/** Copies what ships into an empty folder, so that nothing else can get into the VSIX. */
async function stage(folder: string): Promise<void> {
  const copy = (from: string, to: string): Promise<void> => cp(from, join(folder, to), { recursive: true, dereference: true, filter: ships });
  for (const path of own) await copy(join(root, path), path);
  // Beside the bundles, where `require` looks first: vsce leaves out a node_modules at the top.
  for (const path of libraries) await copy(join(root, 'node_modules', path), join('dist/node_modules', path));
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
    const options = ['package', '--no-dependencies', '--target', platform, '--out', vsix, '--allow-missing-repository', '--skip-license', '--no-rewrite-relative-links'];
    await run(process.execPath, [vsce, ...options], { cwd: folder });
    console.log(`${vsix} ${((await stat(vsix)).size / 1e6).toFixed(1)} MB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
