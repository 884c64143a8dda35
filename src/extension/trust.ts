import { SurgeryError } from '../core/errors';

/** Restricted Mode looks and does not act: throws `not-trusted` unless the workspace is trusted. */
export function requireTrust(isTrusted: boolean, what: string): void {
  if (isTrusted) return;
  throw new SurgeryError('not-trusted', `${what} needs a trusted workspace: models can only be inspected in Restricted Mode`, {
    expected: 'a workspace trusted by Workspaces: Manage Workspace Trust',
  });
}
