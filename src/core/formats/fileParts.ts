/**
 * A file that is made piece by piece, the same each time: whoever writes it needs memory for a piece, not for the whole. Weights of
 * a large model are then read one after the other out of the file that they lie in.
 */
export interface FileParts {
  /** bytes */
  readonly size: number;
  readonly chunks: () => Iterable<Uint8Array>;
}

/** A file that is in memory. */
export function wholeFile(content: Uint8Array | string): FileParts {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { size: bytes.length, chunks: () => [bytes] };
}

export function joinedParts({ size, chunks }: FileParts): Uint8Array {
  const file = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks()) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}
