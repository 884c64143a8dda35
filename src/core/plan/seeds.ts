import type { Plan } from './plan';

/** What is random in a run, each with a seed of its own. */
export interface Seeds {
  /** New weights. */
  readonly initialization: number;
  /** Order of the samples in each epoch, dropout and noise. */
  readonly order: number;
  /** Which samples `take` draws. */
  readonly sample: number;
}

/** One number seeds all three; 0 where the plan has none. */
export function seedsOf({ seed = 0 }: Pick<Plan, 'seed'>): Seeds {
  return typeof seed === 'number' ? { initialization: seed, order: seed, sample: seed } : seed;
}
