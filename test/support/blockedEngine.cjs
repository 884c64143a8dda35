/** Preload: the runtime's BLOCK_AT-th call does not come back, as a native library that hangs. */
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  const { InferenceSession } = require('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  let left = Number(process.env.BLOCK_AT);
  InferenceSession.prototype.run = function blocked(...given) {
    left -= 1;
    if (left === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return run.apply(this, given);
  };
}
