import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { SurgeryError } from '../core/errors';
import { namesPlan } from '../core/verdict/armNames';
import type { Verdict } from '../core/verdict/verdict';
import type { VerdictRequest } from '../protocol/workerCalls';

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

/** The request that goes on with a kept verdict of this plan; or why there is none. */
export function requestBehind({ asked }: Pick<Verdict, 'asked'>, planPath: string): VerdictRequest | string {
  if (!asked) return 'Its file does not say what was asked for: it was written by an earlier version';
  const other = asked.arms.find((arm) => namesPlan(arm) && !isAbsolute(arm));
  if (other !== undefined) return `Its arm ${other} is a plan relative to the folder in which the command line was called`;
  return { ...asked, planPath };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === 'Infinity' ? Infinity : value));
  } catch {
    return null;
  }
}
