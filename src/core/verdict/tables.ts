import { errorName, errorShower } from './figures/verdictFigures';
import type { ArmReport, Pair, Verdict } from './verdict';

/** A table as text: pages and reports draw it. */
export interface TextTable {
  readonly name: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Each pair: what it shared, and the error of each arm. */
export function pairsTable(verdict: Verdict): TextTable {
  const { pairs, arms } = verdict;
  const show = errorShower(verdict);
  const row = ({ pair, seed, classes, transfer, scratch, others, difference }: Pair): string[] => [
    String(pair), String(seed.initialization), ...(hasClasses(verdict) ? [showClasses(classes)] : []),
    show(transfer.error), show(scratch.error), show(difference),
    ...arms.slice(2).map(({ name }) => show(others[name].error)),
  ];
  return {
    name: `Pairs: ${errorName(verdict)}`,
    heads: ['Pair', 'Seed', ...(hasClasses(verdict) ? ['Classes'] : []), arms[0].name, arms[1].name, 'Difference', ...arms.slice(2).map(({ name }) => name)],
    rows: pairs.map(row),
  };
}

function hasClasses({ pairs }: Verdict): boolean {
  return pairs.some(({ classes }) => classes !== null);
}

/** `5, 6`: the labels in the order of the classes that they become. */
function showClasses(classes: Pair['classes']): string {
  return classes === null ? 'of the plan' : Object.entries(classes).sort(([, one], [, other]) => one - other).map(([label]) => label).join(', ');
}

/** Each arm: how it was tuned, and how it did. */
export function armsTable(verdict: Verdict): TextTable {
  const show = errorShower(verdict);
  const row = ({ name, tried, tunedBy = null, chosen, meanError, seconds, epochs }: ArmReport): string[] => {
    const tuning = tried.length > 0 ? tried.map(triedText(show)).join('; ') : tunedBy === null ? 'not tuned' : `as ${tunedBy}`;
    return [name, chosen.learningRates.join(', '), tuning, String(epochs), show(meanError), seconds.toFixed(2)];
  };
  return { name: 'Arms', heads: ['Arm', 'Learning rates', 'Tried on validation data', 'Epochs', `Mean ${errorName(verdict)}`, 'Seconds'], rows: verdict.arms.map(row) };
}

function triedText(show: (value: number) => string): (tried: ArmReport['tried'][number]) => string {
  return ({ settings, validationError, chosenIn }) => `${settings.learningRates.join(', ')}: ${validationError === null ? 'diverged' : show(validationError)}, ${chosenText(chosenIn)}`;
}

function chosenText(times: number): string {
  return times === 0 ? 'never chosen' : times === 1 ? 'chosen once' : `chosen ${times} times`;
}

/** The figures behind the sentence. */
export function statisticsTable(verdict: Verdict): TextTable {
  const { statistics, configurationsTried, testLooks } = verdict;
  const show = errorShower(verdict);
  const between = ([low, high]: readonly [number, number], shown = show): string => `${shown(low)} to ${shown(high)}`;
  const plain = (value: number): string => String(Number(value.toPrecision(3)));
  return {
    name: 'Statistics', heads: ['What', 'Value', '95 % interval'],
    rows: [
      ['mean difference', show(statistics.mean), between(statistics.meanInterval)],
      ...(statistics.meanIntervalOverTunings ? [[`the same, pairs of one of the ${statistics.tunings} tunings taken together`, show(statistics.mean), between(statistics.meanIntervalOverTunings)]] : []),
      ['interquartile mean of the difference', show(statistics.iqm), between(statistics.iqmInterval)],
      ['probability of being better in a pair', plain(statistics.probabilityBetter), between(statistics.probabilityBetterInterval, plain)],
      ['p, sign-flip test of the mean difference', plain(statistics.p), ''],
      ...(statistics.pOverTunings === null ? [] : [[`p, the same with one sign for all pairs of each of the ${statistics.tunings} tunings`, plain(statistics.pOverTunings), '']]),
      [`p corrected for ${configurationsTried} ${configurationsTried === 1 ? 'configuration' : 'configurations'} tried`, plain(statistics.correctedP), ''],
      ...levelRow(statistics),
      ['pairs needed to find such a difference', statistics.pairsNeeded === null ? 'cannot be said' : String(statistics.pairsNeeded), ''],
      ...(statistics.testError === null ? [] : [['standard error of the test set itself', show(statistics.testError), '']]),
      ['looks at the test set so far', String(testLooks), ''],
    ],
  };
}

/** Reports of earlier versions know no looks. */
function levelRow({ look, level }: Partial<Verdict['statistics']>): string[][] {
  return look === undefined || level === undefined ? [] : [[`what p, corrected, may be for a claim: look ${look} at this comparison`, String(Number(level.toPrecision(2))), '']];
}

/** What a reader must know before believing the figures; empty where there is nothing. */
export function cautions({ worn, ledgerFault, stopped, configurationsTried, testLooks, pairs }: Verdict): string[] {
  return [
    ...(stopped ? [`The verdict was stopped: it speaks of the ${pairs.length} pairs that were finished.`] : []),
    ...(worn ? [`The test set is worn: ${configurationsTried} configurations were tried on it in ${testLooks} looks. A fresh one would say more.`] : []),
    ...(ledgerFault ? [`The ledger cannot be believed: record ${ledgerFault.seq} was ${ledgerFault.what}. The number of configurations tried may be too low.`] : []),
  ];
}

/** How often the test set was tried, in one sentence. */
export function countText({ configurationsTried, testLooks, elsewhere = [] }: Verdict): string {
  const configurations = configurationsTried === 1 ? '1 configuration was' : `${configurationsTried} configurations were`;
  return `${configurations} tried on this test set, which was looked at ${testLooks} times${elsewhere.length === 0 ? '' : `; the ledgers of ${elsewhere.length === 1 ? 'another folder' : `${elsewhere.length} other folders`} of the workspace count, too`}.`;
}
