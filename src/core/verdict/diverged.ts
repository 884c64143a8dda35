import { SurgeryError } from '../errors';
import type { ErrorMeasure } from './metric';
import type { PairRecord } from './records';
import type { ArmResult, Pair } from './verdict';

export interface Settled {
  readonly pairs: readonly Pair[];
  readonly metric: ErrorMeasure;
}

/**
 * The pairs with a finite error for each arm. One that diverged got every sample wrong where errors are rates; else it counts as the worst
 * error that any run of the verdict had, which is no better than it deserves. Throws `not-finite` where every run diverged.
 */
export function settleDiverged(records: readonly PairRecord[]): Settled {
  const measured = records.find(({ pair }) => resultsOf(pair).some(({ error }) => Number.isFinite(error)));
  if (!measured) {
    throw new SurgeryError('not-finite', 'Every arm of the verdict diverged in every pair.', { expected: 'a finite error; lower learning rates may give one', received: 'none' });
  }
  const { metric } = measured;
  const finite = records.flatMap(({ pair }) => resultsOf(pair).map(({ error }) => error)).filter(Number.isFinite);
  const worst = metric.isRate ? 1 : Math.max(...finite);
  const settle = (result: ArmResult): ArmResult => (Number.isFinite(result.error) ? result : { ...result, error: worst });
  return { metric, pairs: records.map(({ pair }) => settlePair(pair, settle)) };
}

function settlePair(pair: Pair, settle: (result: ArmResult) => ArmResult): Pair {
  const [transfer, scratch] = [settle(pair.transfer), settle(pair.scratch)];
  const others = Object.fromEntries(Object.entries(pair.others).map(([name, result]) => [name, settle(result)]));
  return { ...pair, transfer, scratch, others, difference: transfer.error - scratch.error };
}

function resultsOf({ transfer, scratch, others }: Pair): ArmResult[] {
  return [transfer, scratch, ...Object.values(others)];
}

/** In how many pairs it did. */
export function countDiverged(results: readonly ArmResult[]): number {
  return results.filter(({ loss }) => !Number.isFinite(loss)).length;
}
