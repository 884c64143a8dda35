import type { PhasePlan } from '../plan/plan';

/** When a phase counts as converged. */
export interface Convergence {
  /** Epochs in a row without a gain. */
  readonly patience: number;
  /** Share of its lowest value by which the loss must fall to be a gain. */
  readonly minChange: number;
}

const usual: Convergence = { patience: 2, minChange: 0.01 };

/** What a phase waits for; null where it runs its epochs. */
export function convergenceOf({ until }: Pick<PhasePlan, 'until'>): Convergence | null {
  if (until === undefined) return null;
  if (until === 'head converged') return usual;
  return { patience: until.patience ?? usual.patience, minChange: until.minChange ?? usual.minChange };
}

/** Whether the losses of the epochs so far have stopped falling. */
export function hasConverged(losses: readonly number[], { patience, minChange }: Convergence): boolean {
  let lowest = Infinity;
  let idle = 0;
  for (const loss of losses) {
    const gained = loss < lowest - (Number.isFinite(lowest) ? minChange * Math.abs(lowest) : 0);
    idle = gained ? 0 : idle + 1;
    if (gained) lowest = loss;
  }
  return idle >= patience;
}

/** By which share the loss fell in the last epoch, where that was a gain on all before it; null where it has stopped falling. */
export function stillFalling(losses: readonly number[]): number | null {
  const last = losses.at(-1);
  if (last === undefined || losses.length < 2) return null;
  const lowest = Math.min(...losses.slice(0, -1));
  const share = (lowest - last) / Math.abs(lowest);
  return share > usual.minChange ? share : null;
}
