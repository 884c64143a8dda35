import { readFile } from 'node:fs/promises';
import { SurgeryError } from '../core/errors';
import type { Verdict } from '../core/verdict/verdict';

/** A verdict as it was kept. Throws `file-missing` where it is gone, `data-broken` where it is none. */
export async function readVerdict(path: string): Promise<Verdict> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SurgeryError('file-missing', 'The file of the verdict is not there any more', { where: path, cause });
  });
  const parsed = parse(text);
  const isVerdict = typeof parsed === 'object' && parsed !== null && 'sentence' in parsed && 'pairs' in parsed && Array.isArray(parsed.pairs) && 'statistics' in parsed;
  if (isVerdict) return parsed as unknown as Verdict;
  throw new SurgeryError('data-broken', 'The file holds no verdict', { where: path });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === 'Infinity' ? Infinity : value));
  } catch {
    return null;
  }
}
