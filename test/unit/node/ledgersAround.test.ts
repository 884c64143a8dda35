import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Ingredients, LedgerEntry } from '../../../src/core/ledger/entry';
import { earlierVerdicts, testHistory } from '../../../src/core/ledger/history';
import { workspaceVariable } from '../../../src/core/ledger/workspace';
import type { Plan } from '../../../src/core/plan/plan';
import { readLedgersAround } from '../../../src/node/jobs/ledgersAround';
import { LedgerFile } from '../../../src/node/ledgerFile';

const plan: Plan = {
  version: 1, model: '../models/m.keras', operations: [], compile: { loss: 'mse', metrics: [] },
  data: { train: { inputs: '../data/x.npy', targets: '../data/y.npy' } }, phases: [{ freeze: 'nothing', optimizer: 'SGD', epochs: 1, batchSize: 1 }],
};

function ingredients(configuration: string, test = 't'): Ingredients {
  return { plan: 'p', model: 'm', configuration, test, train: 'r', engine: { name: 'reference', version: '1' }, versions: {} };
}

function evaluation(configuration: string, test?: string): LedgerEntry {
  return { kind: 'evaluation', id: configuration, ingredients: ingredients(configuration, test), title: 'p', figures: { loss: 1 }, samples: 1 };
}

describe('the ledgers of a workspace', () => {
  const root = mkdtempSync(join(tmpdir(), 'model-surgery-around-'));
  const at = (...names: readonly string[]): string => {
    const path = join(root, ...names);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  const append = (folder: string, entry: LedgerEntry): Promise<unknown> => new LedgerFile(at(folder, '.model-surgery')).append(entry);
  before(async () => {
    mkdirSync(at('ws/.git/x'), { recursive: true });
    await append('ws/one', evaluation('a'));
    await append('ws/two/deep', evaluation('b'));
    await append('ws/node_modules/x', evaluation('c'));
    await append('elsewhere', evaluation('d'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));
  const tried = async (path: string, opened?: Plan): Promise<string[]> => {
    const { all, unended } = await readLedgersAround(opened ? { path, plan: opened } : { path });
    return [...testHistory(all, 't', unended).configurations].sort();
  };

  it('are found in the whole repository, and not in its packages', async () => {
    assert.deepEqual(await tried(at('ws/one/p.surgery.json')), ['a', 'b']);
    const { records, others } = await readLedgersAround({ path: at('ws/one/p.surgery.json') });
    assert.deepEqual([records.length, others], [1, [at('ws/two/deep/.model-surgery')]]);
  });

  it('are found where plans share a folder with their model and data, without a repository', async () => {
    await append('plain/one', evaluation('e'));
    await append('plain/two', evaluation('f'));
    assert.deepEqual(await tried(at('plain/one/p.surgery.json')), ['e']);
    assert.deepEqual(await tried(at('plain/one/p.surgery.json'), plan), ['e', 'f']);
  });

  it('are found in what an editor has open', async () => {
    process.env[workspaceVariable] = at('plain');
    try {
      assert.deepEqual(await tried(at('plain/one/p.surgery.json')), ['e', 'f']);
    } finally {
      Reflect.deleteProperty(process.env, workspaceVariable);
    }
  });

  it('tell where one of them was edited', async () => {
    await append('broken/one', evaluation('g'));
    await append('broken/two', evaluation('h'));
    writeFileSync(at('broken/two/.model-surgery/ledger.jsonl'), '{}\n');
    const { fault, records } = await readLedgersAround({ path: at('broken/one/p.surgery.json'), plan });
    assert.deepEqual([records.length, fault?.what], [1, 'edited']);
  });
});

describe('earlier verdicts of a comparison', () => {
  const verdict = (id: string, change: Partial<Extract<LedgerEntry, { kind: 'verdict' }>>): LedgerEntry => ({
    kind: 'verdict', id, ingredients: ingredients('a'), title: 'p', verdict: 'helps', sentence: '', pairs: 10, looks: 20, stopped: false, seconds: 1, report: null, compared: 'x', log: 'l', ...change,
  });
  const earlierOf = (entries: readonly LedgerEntry[]): ReturnType<typeof earlierVerdicts> =>
    earlierVerdicts(entries.map((entry, seq) => ({ seq, time: '', entry, previous: '', hash: '' })), { test: 't', configuration: 'a', compared: 'x' });

  it('are those of the same arms on the same test set that could claim something', () => {
    assert.deepEqual(earlierOf([
      verdict('1', {}), verdict('2', { pairs: 30, log: 'm' }), verdict('3', { pairs: 5 }), verdict('4', { compared: 'y' }), verdict('5', { ingredients: ingredients('a', 'u') }),
    ]), [{ log: 'l', pairs: 10 }, { log: 'm', pairs: 30 }]);
  });

  it('of earlier versions are known by their configuration, and their pairs by their start', () => {
    const old = (id: string, change = {}): LedgerEntry => Object.fromEntries(Object.entries(verdict(id, change)).filter(([key]) => key !== 'compared' && key !== 'log')) as unknown as LedgerEntry;
    const start: LedgerEntry = { kind: 'start', id: '1', job: 'verdict', ingredients: ingredients('a'), title: 'p', log: 'k' };
    assert.deepEqual(earlierOf([start, old('1'), old('2', { ingredients: ingredients('b') })]), [{ log: 'k', pairs: 10 }]);
  });
});
