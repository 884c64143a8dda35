import { SurgeryError } from '../../core/errors';

/** Our nodes are named `<op>_<index of the node in the program>/<TensorFlow operator>_<number>`. */
const NODE_NAME = /([A-Za-z0-9]+_\d+)\/[A-Z][A-Za-z0-9]*_\d+/;

/** `engine-failed` with TensorFlow's own words and, where they name it, the operation of the program. */
export function engineFailure(message: string, cause: unknown): SurgeryError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const where = NODE_NAME.exec(words)?.[1];
  return new SurgeryError('engine-failed', message, { received: words, cause, ...(where === undefined ? {} : { where }) });
}
