import assert from 'node:assert/strict';
import { conclude } from '../../../../src/core/verdict/conclude';
import { resolveArms } from '../../../../src/core/verdict/arms';
import { verdictFigures } from '../../../../src/core/verdict/figures/verdictFigures';
import { scaleOver } from '../../../../src/core/verdict/figures/figure';
import { htmlReport, markdownReport } from '../../../../src/core/verdict/report';
import { knownPairsOf } from '../../../../src/core/verdict/knownClasses';
import { countDiverged, settleDiverged } from '../../../../src/core/verdict/diverged';
import type { PairRecord } from '../../../../src/core/verdict/records';
import { sayVerdict, type Told } from '../../../../src/core/verdict/sentence';
import type { Plan } from '../../../../src/core/plan/plan';
import type { Pair, Verdict } from '../../../../src/core/verdict/verdict';
import { pairsOf } from './pairs';

const plan: Plan = {
  version: 1, model: 'm.keras', operations: [], compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
  data: { train: { inputs: 'x', targets: 'y', take: 200 }, test: { inputs: 'x', targets: 'y' } },
  phases: [{ freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 0.01 } }, epochs: 3, batchSize: 32 }],
};

function verdictOf(differences: readonly number[], names = ['transfer', 'scratch']): Verdict {
  const arms = resolveArms(plan, { names, tuneTransfer: false, plans: new Map(names.filter((name) => name.endsWith('.json')).map((name) => [name, plan])) });
  const others = Object.fromEntries(names.slice(2).map((name) => [name, { error: 0.3, loss: 1, seconds: 1, learningRates: [0.01] }]));
  const curves = Object.fromEntries(names.map((name, arm) => [name, [1, 0.5, 0.25].map((loss) => ({ loss: loss + arm, validationLoss: null }))]));
  return conclude({
    plan, engine: 'reference', seconds: 1, stopped: false, looks: 16, tuned: new Map(),
    settings: { arms, pairs: differences.length, timeBudget: 1, classes: [] },
    history: { configurations: new Set(['a', 'b']), own: ['c'], looks: 4, log: 'l', earlier: [], ledger: null, fault: null, elsewhere: [] },
    records: pairsOf(differences).map((pair) => ({ pair: { ...pair, others }, curves, metric: { metric: 'accuracy', isRate: true }, testSamples: 2000 })),
  });
}

const better = [-0.01, -0.02, -0.015, -0.012, -0.018, -0.011, 0.001, 0];

describe('the report of a verdict', () => {
  const verdict = verdictOf(better);

  it('has every figure with words for it', () => {
    const figures = verdictFigures(verdict);
    assert.deepEqual(figures.map(({ name }) => name), ['pairs', 'difference', 'probability', 'curves']);
    assert.match(figures[0].label, /transfer is better in 6, scratch in 1, equal in 1/);
    const dots = figures[0].shapes.filter(({ kind }) => kind === 'circle');
    assert.equal(dots.length, 2 * better.length);
    assert.match(figures[3].label, /transfer 1 to 0.25 in 3 epochs/);
    for (const { shapes, width, height } of figures) {
      for (const shape of shapes) {
        const points = shape.kind === 'line' ? [shape.from, shape.to] : shape.kind === 'path' ? shape.points : [shape.at];
        for (const [x, y] of points) assert.ok(x >= 0 && x <= width && y >= 0 && y <= height, `${shape.kind} at ${x}, ${y}`);
      }
    }
  });

  it('is one page of HTML without script, which says the sentence, every pair and the count', () => {
    const [page, ...others] = htmlReport(verdict, 'r');
    assert.deepEqual([page.name, others], ['r.html', []]);
    assert.doesNotMatch(page.text, /<script|javascript:|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    assert.ok(page.text.includes(verdict.sentence));
    assert.equal(page.text.match(/<svg /g)?.length, 4);
    assert.ok(page.text.includes('3 configurations were tried on this test set'));
    assert.equal(page.text.match(/<tr>/g)?.length, (1 + 9) + (1 + 2) + (1 + 8));
  });

  it('is Markdown with its figures in files beside it', () => {
    const [text, ...figures] = markdownReport(verdict, 'r');
    assert.deepEqual(figures.map(({ name }) => name), ['r.pairs.svg', 'r.difference.svg', 'r.probability.svg', 'r.curves.svg']);
    for (const { name } of figures) assert.ok(text.text.includes(`(${name})`));
    assert.ok(text.text.includes('| --- |') && text.text.includes('> Over 8 pairs'));
  });

  it('keeps names text: an arm from a hostile file is no markup', () => {
    const name = '<img src=x onerror=alert(1)>|[x](y)`.json';
    const hostile = verdictOf(better, ['transfer', 'scratch', name]);
    const [page] = htmlReport(hostile, 'r');
    assert.doesNotMatch(page.text, /<img/);
    assert.ok(page.text.includes('&lt;img src=x'));
    const [text] = markdownReport(hostile, 'r');
    assert.doesNotMatch(text.text, /(^|[^\\])<img|[^\\]\[x\]\(y\)/m);
  });

  it('draws where all is equal, and nothing where there is no pair', () => {
    assert.ok(verdictFigures(verdictOf([0, 0, 0])).every(({ shapes }) => !JSON.stringify(shapes).includes('null')));
    assert.deepEqual(verdictFigures({ ...verdict, pairs: [] }), []);
    const probability = verdictFigures(verdict)[2].shapes.flatMap((shape) => (shape.kind === 'text' && shape.anchor === 'middle' ? [Number(shape.text)] : [])).filter(Number.isFinite);
    assert.deepEqual(probability, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.equal(scaleOver([0, 0.5], 0, 100).low, 0);
    assert.equal(scaleOver([-0.5, 0], 0, 100).high, 0);
    assert.ok(scaleOver([-0.1, 0.5], 0, 100).low < 0);
    const { low, high, ticks } = scaleOver([0.0042, 0.0178], 0, 100);
    assert.ok(low <= 0.0042 && high >= 0.0178 && ticks.length >= 4 && ticks.length <= 9);
  });
});

describe('the sentence of a verdict', () => {
  const told: Told = {
    verdict: 'no-difference-shown', pairs: pairsOf(better), metric: { metric: 'accuracy', isRate: true }, configurationsTried: 1, notVaried: ['the test set'], worn: false,
    tunedOver: 0, tuned: [false, true], knownPairs: 'not asked', testSamples: 2000, names: ['transfer', 'scratch'], statistics: verdictOf(better).statistics,
  };
  const say = (change: Partial<Told> = {}, statistics: Partial<Verdict['statistics']> = {}): string => sayVerdict({ ...told, ...change, statistics: { ...told.statistics, ...statistics } });

  it('says which arm was tuned', () => {
    assert.match(say(), /transfer with the plan's own learning rates, scratch with tuned ones/);
    assert.match(say({ tuned: [true, true] }), /both tuned alike on validation data/);
    assert.doesNotMatch(say({ tuned: [false, false] }), /tuned/);
  });

  it('says where no claim is possible, and from how many pairs on', () => {
    assert.match(say({ configurationsTried: 26 }), /after 26 configurations tried no claim is possible under 31 pairs, at the next look under 34/);
    assert.match(say({}, { look: 2, level: 0.005 }), /after 1 earlier verdict no claim is possible under 9 pairs, at the next look under 31/);
    assert.match(say({ verdict: 'not-enough-runs', pairs: pairsOf([0.1]) }), /^1 pair is too few to say anything: no two-sided claim at 5 % is possible under 6\./);
  });

  it('says how many pairs a difference would take, and where none would do', () => {
    assert.match(say({}, { pairsNeeded: 40 }), /would take about 40 pairs/);
    assert.match(say({}, { pairsNeeded: null }), /would take more than 100000 pairs/);
    assert.match(say({}, { mean: 0, pairsNeeded: null }), /their mean errors are equal/);
  });

  it('says at which look only a smaller p counts, that the test set is worn, and what other samples could do', () => {
    assert.match(say({ verdict: 'helps' }, { look: 3, level: 0.01 / 6 }), /at look 3 at this comparison only 0\.0017 or less counts/);
    assert.match(say({ worn: true, configurationsTried: 30, pairs: pairsOf([...better, ...better, ...better, ...better]) }), /the test set is worn by 30 configurations/);
    assert.match(say({ verdict: 'helps' }), /on these 2000 test samples: on others the difference may change by up to 4\.3\d %/);
    assert.doesNotMatch(say({ verdict: 'helps', testSamples: 100_000_000 }), /test samples/);
  });

  it('says whether the model knew the classes before', () => {
    assert.match(say({ knownPairs: 0 }), /trained on none of the classes before/);
    assert.match(say({ knownPairs: 3 }), /in 3 of 8 pairs the model was trained on one of the classes before/);
    assert.match(say({ knownPairs: 'not said' }), /the plan does not say which classes/);
    const classes = [{ 5: 0, 6: 1 }, { 0: 0, 6: 1 }, null];
    const pairs = pairsOf(better).slice(0, 3).map((pair, index) => ({ ...pair, classes: classes[index] }));
    assert.equal(knownPairsOf({ ...plan, baseClasses: [0, '1'] }, pairs), 2);
    assert.equal(knownPairsOf(plan, pairs), 'not said');
    assert.equal(knownPairsOf(plan, pairs.slice(2)), 'not asked');
  });
});

describe('runs of a verdict that diverged', () => {
  const rate = { metric: 'accuracy', isRate: true };
  const other = { metric: 'mae', isRate: false };
  const failed = { error: Infinity, loss: Infinity, seconds: 1, learningRates: [1] };
  const record = (pair: Pair, metric = rate): PairRecord => ({ pair, metric, curves: {}, testSamples: 100 });
  const [one, two] = pairsOf([-0.1, 0.2]);

  it('count as all wrong where errors are rates, else as the worst error of any run', () => {
    const lost = { ...two, transfer: failed, difference: Infinity };
    assert.deepEqual(settleDiverged([record(one), record(lost)]).pairs.map(({ transfer, difference }) => [transfer.error, Number(difference.toFixed(9))]), [[0.4, one.difference], [1, 0.5]]);
    assert.deepEqual(settleDiverged([record(one, other), record(lost, other)]).pairs.map(({ transfer, difference }) => [transfer.error, Number(difference.toFixed(9))]), [[0.4, one.difference], [0.5, 0]]);
  });

  it('take the metric from a pair that was measured', () => {
    const lost = { ...two, transfer: failed, scratch: failed, difference: Number.NaN };
    const { metric, pairs } = settleDiverged([record(lost, { metric: 'loss', isRate: false }), record(one)]);
    assert.deepEqual([metric, pairs[0].difference, countDiverged([pairs[0].transfer, pairs[1].transfer])], [rate, 0, 1]);
    assert.throws(() => settleDiverged([record(lost)]), { code: 'not-finite' });
  });
});
