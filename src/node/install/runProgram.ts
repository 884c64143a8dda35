import { spawn } from 'node:child_process';
import { SurgeryError } from '../../core/errors';

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
    // One that is told to end is awaited: nobody may clear its folder while it still writes there.
    child.once('error', (cause) => { if (!signal?.aborted || child.pid === undefined) fail(signal?.aborted ? stopped() : failure(file, cause.message)); });
    child.once('exit', () => { if (signal?.aborted) fail(stopped()); });
    child.once('close', (code) => (code === 0 ? done(output) : fail(failure(file, output.trim().slice(-2000)))));
  });
}

export function stopped(): SurgeryError {
  return new SurgeryError('stopped', 'The installation was stopped.');
}

function failure(file: string, words: string): SurgeryError {
  return new SurgeryError('engine-unavailable', `${file} failed: ${words}`, { expected: `${file} that works, or a folder that holds libtensorflow`, received: words, where: file });
}
