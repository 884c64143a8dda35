import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { tensorflowFolder } from '../../core/install/tensorflowFolder';

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and gives what it printed. Throws `engine-unavailable` with its last words, `stopped` when aborted. */
export function runProgram({ file, args, signal }: Command): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
    child.once('error', (cause) => fail(signal?.aborted ? new SurgeryError('stopped', 'The installation was stopped.') : failure(file, cause.message)));
    child.once('close', (code) => (code === 0 ? done(output) : fail(failure(file, output.trim().slice(-2000)))));
  });
}

function failure(file: string, words: string): SurgeryError {
  return new SurgeryError('engine-unavailable', `${file} failed: ${words}`, { expected: `${file} that works, or a folder that holds libtensorflow`, received: words, where: file });
}

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
