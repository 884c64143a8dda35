/** Chance of a false claim, over all looks at one comparison. */
const ALPHA = 0.05;
/** Of it the first look's share. Six pairs of one sign (p 1/32) are a claim still. */
const FIRST = 0.04;

/**
 * The level at which look `look`, from 1, at one comparison may claim a difference. Who repeats a verdict with more pairs until it
 * claims something has as many chances; their levels sum to 5 % however many they are (alpha spending, Lan and DeMets 1983; by
 * Bonferroni's bound, which asks nothing of how the pairs of the looks overlap): 4 %, then 1 % in shares of 1/2, 1/6, 1/12, …
 */
export function levelOf(look: number): number {
  return look <= 1 ? FIRST : (ALPHA - FIRST) / (look * (look - 1));
}

/** A verdict of a comparison that was given before. */
export interface EarlierVerdict {
  /** Of the pairs that go on from each other: the same seeds, arms, data and engine. */
  readonly log: string;
  readonly pairs: number;
}

/**
 * Which look at its comparison a verdict is. Saying the same again, from the same pairs, is no new one: it has the number that it
 * had. `earlier` as they came.
 */
export function lookOf({ log, pairs }: EarlierVerdict, earlier: readonly EarlierVerdict[]): number {
  const keys = [...new Set([...earlier, { log, pairs }].map((verdict) => `${verdict.log} ${verdict.pairs}`))];
  return 1 + keys.indexOf(`${log} ${pairs}`);
}
