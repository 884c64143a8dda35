import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { parseInstalled, tensorflowFolder } from '../../core/install/tensorflowFolder';
import type { Program } from '../../core/ops/program';
import type { Binding } from './binding';
import { threadsFor } from './threads';

/** A libtensorflow that is installed here, with the binding that loads it. */
export interface Library {
  /** Of libtensorflow. */
  readonly version: string;
  /** Where it lies and where it came from, in words. */
  readonly about: string;
  /** Loads it, once in a process, with as many threads as the first program wants. Throws `engine-unavailable`. */
  load(program: Program): Binding;
}

/** Names the folder of an installed TensorFlow; the extension sets it for its worker. */
const FOLDER_VARIABLE = 'MODEL_SURGERY_TENSORFLOW';
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
  const named = process.env[FOLDER_VARIABLE];
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
  return { version, about: `${source}, in ${folder}`, load: (program) => loadBinding(path, { threads: threadsFor(program, availableParallelism()), oneDnn: convolves(program) }) };
}

/** A package has no stamp: only loading it shows its version, so that threads are those of a small program. */
function fromPackage(name: string): Library | undefined {
  const path = packageBinding(name);
  if (path === undefined) return undefined;
  const binding = loadBinding(path, { threads: 1, oneDnn: false });
  return { version: binding.TF_Version, about: binding.isUsingGpuDevice() ? `${name}, with CUDA` : name, load: () => binding };
}

function packageBinding(name: string): string | undefined {
  const folders = createRequire(join(projectFolders()[0] ?? process.cwd(), 'program.cjs')).resolve.paths(name) ?? [];
  const versions = Array.from({ length: Number(process.versions.napi) }, (_, i) => Number(process.versions.napi) - i);
  const paths = folders.flatMap((folder) => versions.map((napi) => join(folder, name, `lib/napi-v${napi}/tfjs_binding.node`)));
  return paths.find((path) => existsSync(path));
}

/** oneDNN's kernels were measured to make a convolutional step faster; on a perceptron of small layers they gain nothing. */
function convolves({ nodes }: Program): boolean {
  return nodes.some(({ op }) => op === 'conv');
}

function loadBinding(path: string, { threads, oneDnn }: { threads: number; oneDnn: boolean }): Binding {
  if (loaded) return loaded.binding;
  // Read by the library when it is loaded. What the user set stays.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_NUM_INTEROP_THREADS ??= '1';
  if (oneDnn) process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
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
