import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tensorflowFolder } from '../../core/install/tensorflowFolder';
import { runProgram } from './runProgram';

export interface BindingParts {
  /** Where the installation is being put together; its libraries are there. */
  readonly folder: string;
  /** Headers of libtensorflow. */
  readonly headers: string;
  /** `binding` of the package tfjs-node, and the headers of Node-API, which is stable across versions of Node. */
  readonly sources: string;
  readonly nodeHeaders: string;
  /** File names in the folder of libraries. */
  readonly libraries: readonly string[];
  readonly signal?: AbortSignal;
}

/** Compiles tfjs-node's native module with the C++ compiler at hand: two files, no build tool, nothing fetched. Linux and macOS. */
export async function buildBinding({ folder, headers, sources, nodeHeaders, libraries, signal }: BindingParts): Promise<void> {
  const target = join(folder, tensorflowFolder.binding);
  await mkdir(dirname(target), { recursive: true });
  const mac = process.platform === 'darwin';
  const args = [
    '-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8', `-I${nodeHeaders}`, `-I${headers}`,
    join(sources, 'tfjs_backend.cc'), join(sources, 'tfjs_binding.cc'),
    ...libraries.map((name) => join(folder, tensorflowFolder.libraries, name)),
    // Relative to the module: the folder is moved into its place when it is whole.
    `-Wl,-rpath,${mac ? '@loader_path' : '$ORIGIN'}/../../deps/lib`,
    ...(mac ? ['-undefined', 'dynamic_lookup'] : []),
    '-o', target,
  ];
  await runProgram({ file: process.env.CXX ?? 'c++', args, ...(signal ? { signal } : {}) });
}
