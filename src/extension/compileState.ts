import type { CompileChange, SurgeryDocument } from './document';

/** `compiled`, `not compiled`, or `changed since compile: 4 flags`, as every view says it. */
export function compileState(document: Pick<SurgeryDocument, 'isCompiled' | 'changedSinceCompile'>): string {
  if (!document.isCompiled) return 'not compiled';
  const changes = changesOf(document.changedSinceCompile);
  return changes.length === 0 ? 'compiled' : `changed since compile: ${changes.join(', ')}`;
}

/** A run has to compile before it can begin. */
export function needsCompile(document: Pick<SurgeryDocument, 'isCompiled' | 'changedSinceCompile'>): boolean {
  return !document.isCompiled || changesOf(document.changedSinceCompile).length > 0;
}

function changesOf({ flags, structure, settings }: CompileChange): string[] {
  return [
    ...(flags > 0 ? [`${flags} flag${flags === 1 ? '' : 's'}`] : []),
    ...(structure ? ['layers'] : []),
    ...(settings ? ['settings'] : []),
  ];
}
