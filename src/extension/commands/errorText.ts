import { SurgeryError } from '../../core/errors';

/** VS Code shows an error's message in a notification: it carries all that the error knows, and no link. */
export function toTell(thrown: unknown): SurgeryError {
  const error = thrown instanceof SurgeryError ? thrown : new SurgeryError('internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  const facts = [
    ...(error.where === undefined ? [] : [error.where]),
    ...(error.expected === undefined ? [] : [`expected ${error.expected}`]),
    ...(error.received === undefined ? [] : [`received ${error.received}`]),
  ];
  const message = facts.length === 0 ? error.message : `${error.message} (${facts.join('; ')})`;
  return new SurgeryError(error.code, plainText(message), { ...error.toRecord(), cause: thrown });
}

/** Notifications make links of `[text](address)`; a layer's name must not become one. */
export function plainText(message: string): string {
  return message.replaceAll('](', '] (');
}
