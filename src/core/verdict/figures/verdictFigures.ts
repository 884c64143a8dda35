import type { ArmCurve, Pair, Verdict } from '../verdict';
import { axisBelow, axisLeft, scaleOver, type Figure, type Shape, type ShapeRole } from './figure';

/** All pictures of a verdict; those that have nothing to show are left out. */
export function verdictFigures(verdict: Verdict): Figure[] {
  const { pairs, curves } = verdict;
  if (pairs.length === 0) return [];
  const learned = curves.filter(({ epochs }) => epochs.length > 0);
  return [pairsFigure(verdict), intervalsFigure(verdict), probabilityFigure(verdict), ...(learned.length > 0 ? [curvesFigure(learned)] : [])];
}

/** Error rates in percent, other metrics to three digits. */
export function errorShower({ statistics }: Verdict): (value: number) => string {
  return statistics.testError === null ? (value) => String(Number(value.toPrecision(3))) : (value) => `${Number((100 * value).toFixed(2))} %`;
}

/** What is measured, in words. */
export function errorName({ metric, statistics }: Verdict): string {
  return statistics.testError === null ? metric : `error (1 - ${metric})`;
}

function outcome({ difference }: Pair): 'better' | 'worse' | 'tie' {
  return difference < 0 ? 'better' : difference > 0 ? 'worse' : 'tie';
}

/** Two columns of dots, the two of a pair joined by a line. */
function pairsFigure(verdict: Verdict): Figure {
  const { pairs, arms: [{ name: tried }, { name: baseline }] } = verdict;
  const show = errorShower(verdict);
  const [left, right, top, bottom] = [115, 285, 40, 300];
  const scale = scaleOver(pairs.flatMap(({ transfer, scratch }) => [transfer.error, scratch.error]), bottom, top);
  const dots = pairs.flatMap((pair): Shape[] => {
    const role: ShapeRole = outcome(pair);
    const title = `pair ${pair.pair}: ${tried} ${show(pair.transfer.error)}, ${baseline} ${show(pair.scratch.error)}`;
    const ends = [[left, scale.at(pair.transfer.error)], [right, scale.at(pair.scratch.error)]] as const;
    return [
      { kind: 'line', role, from: ends[0], to: ends[1], title },
      ...ends.map((at): Shape => ({ kind: 'circle', role, at, radius: 4, title })),
    ];
  });
  const count = (wanted: string): number => pairs.filter((pair) => outcome(pair) === wanted).length;
  return {
    name: 'pairs', width: 360, height: 345,
    label: `Error of each of ${pairs.length} pairs: ${tried} is better in ${count('better')}, ${baseline} in ${count('worse')}, equal in ${count('tie')}`,
    shapes: [
      ...axisLeft(scale, { x: 70, right: 330, name: errorName(verdict), show }),
      ...dots,
      { kind: 'text', role: 'label', at: [left, bottom + 25], text: shortened(tried), anchor: 'middle' },
      { kind: 'text', role: 'label', at: [right, bottom + 25], text: shortened(baseline), anchor: 'middle' },
    ],
  };
}

interface Row {
  readonly name: string;
  readonly value: number;
  readonly interval: readonly [number, number];
}

function rowShapes(rows: readonly Row[], at: (value: number) => number): Shape[] {
  return rows.flatMap(({ name, value, interval: [low, high] }, index): Shape[] => {
    const y = 40 + 40 * index;
    return [
      { kind: 'text', role: 'label', at: [10, y + 4], text: name, anchor: 'start' },
      { kind: 'line', role: 'interval', from: [at(low), y], to: [at(high), y] },
      { kind: 'line', role: 'interval', from: [at(low), y - 6], to: [at(low), y + 6] },
      { kind: 'line', role: 'interval', from: [at(high), y - 6], to: [at(high), y + 6] },
      { kind: 'circle', role: 'mean', at: [at(value), y], radius: 5 },
    ];
  });
}

function intervalsFigure(verdict: Verdict): Figure {
  const { statistics: { mean, meanInterval, iqm, iqmInterval, meanIntervalOverTunings }, arms: [{ name: tried }, { name: baseline }] } = verdict;
  const show = errorShower(verdict);
  const rows: Row[] = [
    { name: 'mean difference', value: mean, interval: meanInterval },
    // Missing in verdicts of earlier versions.
    ...(meanIntervalOverTunings ? [{ name: 'mean, over the tunings', value: mean, interval: meanIntervalOverTunings }] : []),
    { name: 'interquartile mean', value: iqm, interval: iqmInterval },
  ];
  const scale = scaleOver([0, ...rows.flatMap(({ value, interval }) => [value, ...interval])], 180, 510);
  const bottom = 35 + 40 * rows.length;
  return {
    name: 'difference', width: 550, height: bottom + 45,
    label: `Difference of the errors, ${tried} minus ${baseline}, with 95 % intervals: ${rows.map(({ name, value, interval: [low, high] }) => `${name} ${show(value)}, ${show(low)} to ${show(high)}`).join('; ')}`,
    shapes: [
      { kind: 'line', role: 'zero', from: [scale.at(0), 15], to: [scale.at(0), bottom] },
      ...rowShapes(rows, (value) => scale.at(value)),
      ...axisBelow(scale, bottom, `${tried} better ←  difference  → ${baseline} better`, show),
    ],
  };
}

function probabilityFigure({ statistics: { probabilityBetter, probabilityBetterInterval: [low, high] }, arms: [{ name: tried }] }: Verdict): Figure {
  const scale = scaleOver([0.05, 0.95], 180, 510);
  const show = (value: number): string => String(Number(value.toFixed(2)));
  return {
    name: 'probability', width: 550, height: 120,
    label: `Probability that ${tried} is better in a pair: ${show(probabilityBetter)}, 95 % interval ${show(low)} to ${show(high)}; below 0.75 it is not meaningful`,
    shapes: [
      { kind: 'line', role: 'zero', from: [scale.at(0.5), 15], to: [scale.at(0.5), 75] },
      { kind: 'line', role: 'threshold', from: [scale.at(0.75), 15], to: [scale.at(0.75), 75] },
      { kind: 'text', role: 'label', at: [scale.at(0.75), 11], text: 'meaningful from 0.75', anchor: 'middle' },
      ...rowShapes([{ name: 'probability', value: probabilityBetter, interval: [low, high] }], (value) => scale.at(value)),
      ...axisBelow(scale, 75, `probability that ${tried} is better in a pair`, show),
    ],
  };
}

/** Of a name in a figure. */
const MOST_LETTERS = 30;

const armRoles = ['arm-0', 'arm-1', 'arm-2', 'arm-3'] as const;
const bandRoles = ['band-0', 'band-1', 'band-2', 'band-3'] as const;

/** Training loss by epoch: the mean over the pairs, and the middle half of them as a band. */
function curvesFigure(curves: readonly ArmCurve[]): Figure {
  const points = curves.flatMap(({ epochs }) => epochs.flatMap(({ loss: { mean, low, high } }) => [mean, low, high]));
  const longest = Math.max(...curves.map(({ epochs }) => epochs.length));
  const [left, right, top, bottom] = [70, 520, 40, 260];
  const y = scaleOver(points, bottom, top);
  const x = (epoch: number): number => left + ((epoch - 0.5) / longest) * (right - left);
  const step = Math.max(1, Math.ceil(longest / 12));
  const ticks = Array.from({ length: Math.ceil(longest / step) }, (_, index) => 1 + index * step);
  return {
    name: 'curves', width: 550, height: 318 + LEGEND_LINE * Math.ceil(curves.length / LEGEND_COLUMNS),
    label: `Training loss by epoch, mean and middle half of the pairs: ${curves.map(({ name, epochs }) => `${name} ${showLoss(epochs[0].loss.mean)} to ${showLoss(epochs[epochs.length - 1].loss.mean)} in ${epochs.length} epochs`).join('; ')}`,
    shapes: [
      ...axisLeft(y, { x: left, right, name: 'training loss', show: showLoss }),
      ...ticks.map((epoch): Shape => ({ kind: 'text', role: 'label', at: [x(epoch), bottom + 17], text: String(epoch), anchor: 'middle' })),
      { kind: 'text', role: 'label', at: [(left + right) / 2, bottom + 34], text: 'epoch', anchor: 'middle' },
      ...curves.map(({ epochs }, index): Shape => ({
        kind: 'path', role: bandRoles[index % 4], closed: true,
        points: [...epochs.map(({ epoch, loss }) => [x(epoch), y.at(loss.high)] as const), ...[...epochs].reverse().map(({ epoch, loss }) => [x(epoch), y.at(loss.low)] as const)],
      })),
      ...curves.flatMap(({ name, epochs }, index): Shape[] => [
        { kind: 'path', role: armRoles[index % 4], closed: false, points: epochs.map(({ epoch, loss }) => [x(epoch), y.at(loss.mean)] as const) },
        ...legend(name, index),
      ]),
    ],
  };
}

const LEGEND_COLUMNS = 2;
/** px */
const LEGEND_LINE = 22;

/** Names of arms may be those of files: two of them fit beside each other, longer ones are cut. */
function legend(name: string, index: number): Shape[] {
  const [x, y] = [70 + 235 * (index % LEGEND_COLUMNS), 325 + LEGEND_LINE * Math.floor(index / LEGEND_COLUMNS)];
  return [
    { kind: 'line', role: armRoles[index % 4], from: [x, y], to: [x + 24, y] },
    { kind: 'text', role: 'label', at: [x + 30, y + 4], text: shortened(name), anchor: 'start' },
  ];
}

/** The end of a path says more than its beginning. */
function shortened(name: string): string {
  return name.length > MOST_LETTERS ? `…${name.slice(1 - MOST_LETTERS)}` : name;
}

function showLoss(value: number): string {
  return String(Number(value.toPrecision(3)));
}
