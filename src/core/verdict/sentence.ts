import { errorName, type ErrorMeasure } from './metric';
import { fewestPairs } from './power';
import { mean } from './summaries';
import type { Pair, Statistics, VerdictWord } from './verdict';

export interface Told {
  readonly verdict: VerdictWord;
  readonly statistics: Statistics;
  readonly pairs: readonly Pair[];
  readonly metric: ErrorMeasure;
  readonly configurationsTried: number;
  readonly notVaried: readonly string[];
  /** Whether the one that is tried was tuned as the other was. */
  readonly tunedAlike: boolean;
  /** Of the arms: the one that is tried, then the one it is held against. */
  readonly names: readonly string[];
}

/** One sentence that a person can quote: what was compared, what came out, how sure it is, and what was not varied. */
export function sayVerdict(told: Told): string {
  const { verdict, pairs, notVaried } = told;
  const shown = verdict === 'not-enough-runs'
    ? `${pairs.length} ${pairs.length === 1 ? 'pair is' : 'pairs are'} too few to say anything: no two-sided claim at 5 % is possible under ${fewestPairs(1)}`
    : `${claim(told)}: ${figures(told)}`;
  return `${shown}. Not varied: ${notVaried.join(', ')}.`;
}

function claim(told: Told): string {
  const { verdict, names: [tried, baseline], pairs } = told;
  switch (verdict) {
    case 'helps':
      return `Over ${pairs.length} pairs ${tried} beats ${baseline}`;
    case 'helps-negligibly':
      return `Over ${pairs.length} pairs ${tried} beats ${baseline}, but by too little to matter`;
    case 'hurts':
      return `Over ${pairs.length} pairs ${tried} does worse than ${baseline}`;
    case 'faster-not-better':
      return `Over ${pairs.length} pairs ${tried} is faster than ${baseline}, not better`;
    default:
      return `Over ${pairs.length} pairs no difference between ${tried} and ${baseline} is shown${needed(told)}`;
  }
}

function needed({ statistics: { pairsNeeded }, pairs, configurationsTried }: Told): string {
  const fewest = fewestPairs(configurationsTried);
  if (pairs.length < fewest) return ` (after ${configurationsTried} configurations tried no claim is possible under ${fewest} pairs)`;
  return pairsNeeded === null ? '' : ` (a difference as large as the one seen would take about ${pairsNeeded} pairs)`;
}

function figures(told: Told): string {
  const { statistics, pairs, metric, configurationsTried } = told;
  const show = (value: number): string => showError(value, metric);
  const [low, high] = statistics.meanInterval;
  const ours = mean(pairs.map(({ transfer }) => transfer.error));
  const theirs = mean(pairs.map(({ scratch }) => scratch.error));
  const what = metric.isRate ? 'mean error' : `mean ${errorName(metric)}`;
  return [
    `${what} ${show(ours)} against ${show(theirs)}`,
    `difference ${show(statistics.mean)}, 95 % interval ${show(low)} to ${show(high)}`,
    ...times(told),
    ...(told.tunedAlike ? ['both tuned alike on validation data'] : []),
    `p ${showP(statistics.p)}${configurationsTried > 1 ? `, corrected for the best of ${configurationsTried} configurations tried ${showP(statistics.correctedP)}` : ''}${overTunings(statistics)}`,
  ].join('; ');
}

/** Where it decides beside p. */
function overTunings({ tunings, pOverTunings }: Statistics): string {
  return pOverTunings === null ? '' : `, over the ${tunings} tunings ${showP(pOverTunings)}`;
}

function times({ verdict, pairs }: Told): string[] {
  if (verdict !== 'faster-not-better') return [];
  const ratio = mean(pairs.map(({ transfer }) => transfer.seconds)) / mean(pairs.map(({ scratch }) => scratch.seconds));
  return [`${Math.round(100 * ratio)} % of the time`];
}

/** A rate in percent, another metric to three digits. */
function showError(value: number, { isRate }: ErrorMeasure): string {
  return isRate ? `${(100 * value).toFixed(2)} %` : value.toPrecision(3);
}

function showP(p: number): string {
  return p < 0.001 ? 'below 0.001' : p.toPrecision(2);
}
