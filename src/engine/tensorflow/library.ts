import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { parseInstalled, tensorflowFolder } from '../../core/install/tensorflowFolder';
import type { Binding } from './binding';

/** A libtensorflow that is installed here, with the binding that loads it. */
export interface Library {
  /** Of libtensorflow. */
  readonly version: string;
  /** Where it came from, where it lies, and with how many threads it works. */
  readonly about: string;
  /** Loads it, once in a process. Throws `engine-unavailable`. */
  load(): Binding;
}

/** Packages that bring a binding, where their own install script was run: the one for CUDA first. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** What is loaded in this process: libtensorflow cannot be unloaded, and its thread pools are made once. */
let loaded: { readonly path: string; readonly binding: Binding } | undefined;

/**
 * Finds an installed TensorFlow: tfjs-node-gpu; the folder that an environment variable names, else `.cache/tensorflow` of the
 * project that this program belongs to; tfjs-node. Throws with the reason where there is none.
 */
export function findLibrary(): Library {
  const reasons: string[] = [];
  for (const find of [() => fromPackage(PACKAGES[0]), ...installFolders().map((folder) => () => fromFolder(folder)), () => fromPackage(PACKAGES[1])]) {
    try {
      const library = find();
      if (library) return library;
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(reasons.join('; ') || 'it is not installed (command "Install TensorFlow Engine", or npm run setup:tensorflow)');
}

function installFolders(): readonly string[] {
  const named = process.env[tensorflowFolder.variable];
  return named ? [named] : projectFolders().map((folder) => join(folder, '.cache', 'tensorflow'));
}

/** The folders around the program that runs, up to four of them: dist/cli.js, node_modules/mocha/bin/mocha.js. */
function projectFolders(): readonly string[] {
  const folders: string[] = [];
  let folder = dirname(process.argv[1] ?? join(process.cwd(), '.'));
  for (let up = 0; up < 5 && folder !== parse(folder).root; up++) {
    folders.push(folder);
    folder = dirname(folder);
  }
  return folders;
}

/** Undefined where the folder holds no installation; throws where it holds a broken one. */
function fromFolder(folder: string): Library | undefined {
  const stamp = join(folder, tensorflowFolder.stamp);
  if (!existsSync(stamp)) return undefined;
  const { version, platform, arch, source, files } = parseInstalled(readFileSync(stamp, 'utf8'));
  if (platform !== process.platform || arch !== process.arch) throw new Error(`${folder} holds TensorFlow for ${platform} ${arch}`);
  const missing = files.find((file) => !existsSync(join(folder, file)));
  if (missing !== undefined) throw new Error(`${join(folder, missing)} is gone: install it again`);
  const path = join(folder, tensorflowFolder.binding);
  return { version, about: `${source}, in ${folder}; ${threadsText()}`, load: () => loadBinding(path) };
}

/** A package has no stamp: only loading it shows its version. */
function fromPackage(name: string): Library | undefined {
  const path = packageBinding(name);
  if (path === undefined) return undefined;
  const binding = loadBinding(path);
  return { version: binding.TF_Version, about: `${name}${binding.isUsingGpuDevice() ? ', with CUDA' : ''}; ${threadsText()}`, load: () => binding };
}

function packageBinding(name: string): string | undefined {
  const folders = createRequire(join(projectFolders()[0] ?? process.cwd(), 'program.cjs')).resolve.paths(name) ?? [];
  const versions = Array.from({ length: Number(process.versions.napi) }, (_, i) => Number(process.versions.napi) - i);
  const paths = folders.flatMap((folder) => versions.map((napi) => join(folder, name, `lib/napi-v${napi}/tfjs_binding.node`)));
  return paths.find((path) => existsSync(path));
}

/**
 * Threads within one operation: all but one, which is the editor's, yet two where there are two. They are of the machine and not of
 * the program: a library is loaded once in a process, and equal plans shall give equal bytes whatever ran there before. Small
 * programs pay little for a second thread, since TensorFlow shares out only what is worth it.
 */
function intraThreads(processors: number): number {
  return Math.max(Math.min(2, processors), processors - 1);
}

function threadsText(): string {
  const count = process.env.TF_NUM_INTRAOP_THREADS ?? String(intraThreads(availableParallelism()));
  return `${count} ${count === '1' ? 'thread' : 'threads'}`;
}

function loadBinding(path: string): Binding {
  if (loaded) return loaded.binding;
  // Read by the library when it is loaded. What the user set stays.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(intraThreads(availableParallelism()));
  process.env.TF_NUM_INTEROP_THREADS ??= '1';
  // Its kernels were measured to be the faster ones on perceptrons, convolutions and loops; not every build takes them by itself.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  const holder = { exports: {} as Binding };
  try {
    process.dlopen(holder, path);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new SurgeryError('engine-unavailable', `TensorFlow's library does not load: ${words}`, {
      expected: 'a library for this machine: install the TensorFlow engine again, or choose another engine', received: path, cause,
    });
  }
  loaded = { path, binding: holder.exports };
  return holder.exports;
}
