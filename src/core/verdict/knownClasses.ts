import type { Plan } from '../plan/plan';
import type { Pair } from './verdict';

/**
 * In how many pairs the model had been trained on one of the classes. `not said`: classes vary, and the plan has no `baseClasses`;
 * `not asked`: they do not vary, and it has none.
 */
export type KnownPairs = number | 'not said' | 'not asked';

export function knownPairsOf({ baseClasses, data }: Pick<Plan, 'baseClasses' | 'data'>, pairs: readonly Pair[]): KnownPairs {
  const taken = pairs.map(({ classes }) => classes ?? data.train.classes ?? null);
  if (!baseClasses) return new Set(pairs.map(({ classes }) => JSON.stringify(classes))).size > 1 ? 'not said' : 'not asked';
  const before = new Set(baseClasses.map(String));
  // Without a choice of classes it is the whole data that is learned.
  return taken.filter((classes) => classes === null ? before.size > 0 : Object.keys(classes).some((label) => before.has(label))).length;
}
