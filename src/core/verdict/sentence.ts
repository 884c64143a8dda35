import { FEWEST } from './decide';
import { countDiverged } from './diverged';
import { errorName, type ErrorMeasure } from './metric';
import { fewestPairs } from './power';
import { levelOf } from './spending';
import { mean } from './summaries';
import type { KnownPairs } from './knownClasses';
import type { Pair, Statistics, VerdictWord } from './verdict';

export interface Told {
  readonly verdict: VerdictWord;
  readonly statistics: Statistics;
  readonly pairs: readonly Pair[];
  readonly metric: ErrorMeasure;
  readonly configurationsTried: number;
  readonly notVaried: readonly string[];
  readonly worn: boolean;
  /** How many classes the pairs take turns with, where an arm is tuned; null where none is. */
  readonly tunedOver: number | null;
  /** Whether the one that is tried, and the one it is held against, were tuned. */
  readonly tuned: readonly [tried: boolean, baseline: boolean];
  readonly testSamples: number;
  readonly knownPairs: KnownPairs;
  /** Of the arms: the one that is tried, then the one it is held against. */
  readonly names: readonly string[];
}

/** One sentence that a person can quote: what was compared, what came out, how sure it is, and what was not varied. */
export function sayVerdict(told: Told): string {
  const { verdict, pairs, notVaried } = told;
  const shown = verdict === 'not-enough-runs'
    ? `${pairs.length} ${pairs.length === 1 ? 'pair is' : 'pairs are'} too few to say anything: no two-sided claim at 5 % is possible under ${FEWEST}`
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

/** Why not, or how many pairs might show one. */
function needed({ statistics: { pairsNeeded, look, level, mean: difference }, pairs, configurationsTried, tunedOver }: Told): string {
  const fewest = fewestPairs({ level, claims: configurationsTried, tunedOver });
  if (pairs.length < fewest) {
    const next = fewestPairs({ level: levelOf(look + 1), claims: configurationsTried, tunedOver });
    return ` (after ${[...counted(configurationsTried, 'configuration', ' tried'), ...(look > 1 ? [`${look - 1} earlier ${look === 2 ? 'verdict' : 'verdicts'}`] : [])].join(' and ')} no claim is possible under ${fewest} pairs, at the next look under ${next})`;
  }
  if (difference === 0) return ' (their mean errors are equal)';
  return pairsNeeded === null ? ' (a difference as small as the one seen would take more than 100000 pairs)' : ` (a difference as large as the one seen would take about ${pairsNeeded} pairs)`;
}

function counted(count: number, what: string, after: string): string[] {
  return count > 1 ? [`${count} ${what}s${after}`] : [];
}

function figures(told: Told): string {
  const { statistics, pairs, metric, worn, configurationsTried } = told;
  const show = (value: number): string => showError(value, metric);
  const [low, high] = statistics.meanIntervalOverTunings ?? statistics.meanInterval;
  const ours = mean(pairs.map(({ transfer }) => transfer.error));
  const theirs = mean(pairs.map(({ scratch }) => scratch.error));
  const what = metric.metric === 'accuracy' ? 'mean error' : metric.isRate ? `mean error (1 - ${metric.metric})` : `mean ${errorName(metric)}`;
  return [
    `${what} ${show(ours)} against ${show(theirs)}`,
    `difference ${show(statistics.mean)}, 95 % interval ${show(low)} to ${show(high)}`,
    ...diverged(told),
    ...times(told),
    ...tuning(told),
    evidence(told),
    ...known(told),
    ...(worn ? [`the test set is worn by ${configurationsTried} configurations`] : []),
    ...testSet(told),
  ].join('; ');
}

/** What they count as is no measurement. */
function diverged({ pairs, names, metric }: Told): string[] {
  const counted = metric.isRate ? 'all wrong' : 'the worst error of any run';
  return [pairs.map(({ transfer }) => transfer), pairs.map(({ scratch }) => scratch)].flatMap((results, arm) => {
    const count = countDiverged(results);
    return count === 0 ? [] : [`${names[arm]} diverged in ${count} ${count === 1 ? 'pair' : 'pairs'}, counted as ${counted}`];
  });
}

/** Arms that were not tuned alike are compared as they are: it is the plan as given that is judged. */
function tuning({ tuned: [ours, theirs], names: [tried, baseline] }: Told): string[] {
  if (ours && theirs) return ['both tuned alike on validation data'];
  if (theirs) return [`${tried} with the plan's own learning rates, ${baseline} with tuned ones`];
  return ours ? [`${tried} with tuned learning rates, ${baseline} with the plan's own`] : [];
}

/** A base that was trained on a class has an advantage there that it has on no new one. */
function known({ knownPairs, pairs }: Told): string[] {
  if (knownPairs === 'not asked') return [];
  if (knownPairs === 'not said') return ['the plan does not say which classes the model was trained on before'];
  return [knownPairs === 0 ? 'the model was trained on none of the classes before' : `in ${knownPairs === pairs.length ? 'all' : `${knownPairs} of ${pairs.length}`} pairs the model was trained on one of the classes before`];
}

function evidence({ statistics: { p, correctedP, tunings, pOverTunings, look, level }, configurationsTried }: Told): string {
  return [
    `p ${showP(p)}`,
    ...(configurationsTried > 1 ? [`corrected for the best of ${configurationsTried} configurations tried ${showP(correctedP)}`] : []),
    // Where it decides beside p.
    ...(pOverTunings === null ? [] : [`over the ${tunings} tunings ${showP(pOverTunings)}`]),
    ...(look === 1 ? [] : [`at look ${look} at this comparison only ${showP(level)} or less counts`]),
  ].join(', ');
}

/**
 * All pairs share the test set. Of two error rates on n samples the difference has a standard error of at most sqrt((e1 + e2) / n), since
 * at most so many samples are told apart (McNemar 1947).
 */
function testSet({ verdict, statistics: { mean: difference }, pairs, metric, testSamples }: Told): string[] {
  if (!metric.isRate || (verdict !== 'helps' && verdict !== 'hurts')) return [];
  const apart = mean(pairs.map(({ transfer, scratch }) => transfer.error + scratch.error));
  const bound = 1.96 * Math.sqrt(apart / testSamples);
  return Math.abs(difference) > bound ? [] : [`on these ${testSamples} test samples: on others the difference may change by up to ${showError(bound, metric)}`];
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
