'use strict';
/*
 * Preloaded into a process (`node --require`), ends it by SIGKILL just before its n-th call that may change the files of a folder:
 * FOLDER is the folder, KILL_AT is n, from 1. Writes to and flushes of an open file count too. Where KILL_AT is 0, the number of
 * calls is written to stderr at the end, as `file calls: N`.
 */
const promises = require('node:fs/promises');
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const folder = process.env.FOLDER;
const at = Number(process.env.KILL_AT);
let calls = 0;

function count() {
  calls += 1;
  if (calls === at) process.kill(process.pid, 'SIGKILL');
}

function watch(owner, name) {
  const original = owner[name];
  owner[name] = function watched(path, ...rest) {
    if (String(path).startsWith(folder)) count();
    return original.call(this, path, ...rest);
  };
}

for (const name of ['open', 'rename', 'rm', 'mkdir', 'writeFile', 'appendFile', 'unlink', 'copyFile', 'truncate']) watch(promises, name);
for (const name of ['openSync', 'renameSync', 'rmSync', 'mkdirSync', 'writeFileSync', 'appendFileSync', 'unlinkSync', 'fsyncSync', 'writeSync', 'createWriteStream']) watch(fs, name);

const { open } = promises;
promises.open = async function opened(path, ...rest) {
  const handle = await open.call(this, path, ...rest);
  if (!String(path).startsWith(folder)) return handle;
  for (const name of ['writeFile', 'write', 'appendFile', 'sync', 'close']) {
    const original = handle[name];
    handle[name] = function watched(...args) {
      count();
      return original.apply(this, args);
    };
  }
  return handle;
};
syncBuiltinESMExports();
if (at === 0) process.once('exit', () => process.stderr.write(`file calls: ${calls}\n`));
