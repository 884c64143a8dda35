import { register } from 'node:module';

/** Preloaded into a process that shall find no native onnxruntime, as on a machine that its package has no library for. */
const hook = `export async function resolve(specifier, context, next) {
  if (specifier === 'onnxruntime-node') throw new Error('no library for this machine');
  return next(specifier, context);
}`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
