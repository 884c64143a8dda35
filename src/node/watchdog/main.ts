import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { looks, type Watched } from './watch';

const { beats, silence, error, json } = workerData as Watched;
let last = Atomics.load(beats, 0);
let silent = 0;

setInterval(() => {
  const beat = Atomics.load(beats, 0);
  silent = beat === last ? silent + 1 : 0;
  last = beat;
  if (silent < looks) return;
  const { message, expected, received } = error;
  writeSync(2, json ? `${JSON.stringify({ error })}\n` : `error: ${message}\n  expected: ${expected}\n  received: ${received}\n`);
  // Nothing milder ends a process whose main thread does not come back.
  process.kill(process.pid, 'SIGKILL');
}, silence / looks);
