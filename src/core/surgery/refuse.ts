import { SurgeryError } from '../errors';

/** Why an operation is not done. */
export function refused(message: string, details: { readonly expected: string; readonly received?: string; readonly where?: string }): SurgeryError {
  return new SurgeryError('operation-refused', message, details);
}
