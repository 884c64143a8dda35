import assert from 'node:assert/strict';
import { type LedgerHead, readLedger, sealRecord } from '../../../../src/core/ledger/chain';
import type { Ingredients, LedgerEntry, LedgerRecord } from '../../../../src/core/ledger/entry';
import { ledgerItems, testHistory } from '../../../../src/core/ledger/history';
import { sha256 } from '../../../../src/node/fileBytes';

function ingredients(configuration: string, test = 'test'): Ingredients {
  return { plan: 'plan', model: 'model', configuration, test, train: 'train', engine: { name: 'reference', version: '1' }, versions: {} };
}

function run(id: string, configuration = id): LedgerEntry {
  return {
    kind: 'run', id, title: id, ingredients: ingredients(configuration), seed: { initialization: 0, order: 0, sample: 0 },
    outcome: 'result', reason: null, figures: { loss: 0.5 }, seconds: 1, folder: null, resumed: false,
    settings: { model: 'm.keras', operations: [], phases: [], take: null },
  };
}

function write(entries: readonly LedgerEntry[]): { lines: string[]; records: LedgerRecord[]; head: LedgerHead | null } {
  const lines: string[] = [];
  const records: LedgerRecord[] = [];
  let head: LedgerHead | null = null;
  for (const entry of entries) {
    const { record, line } = sealRecord(entry, { head, time: records.length, sha256 });
    lines.push(line);
    records.push(record);
    head = record;
  }
  return { lines, records, head };
}

const entries = ['a', 'b', 'c', 'd'].map((id) => run(id));

describe('the chain of a ledger', () => {
  const { lines, records, head } = write(entries);
  const read = (text: string): ReturnType<typeof readLedger> => readLedger(text, head, sha256);

  it('reads what was written', () => {
    const ledger = read(lines.join(''));
    assert.equal(ledger.fault, null);
    assert.deepEqual(ledger.records, records);
    assert.deepEqual(ledger.records.map(({ entry }) => entry), entries);
  });

  it('drops a torn tail at every place of it', () => {
    const text = lines.join('');
    const last = lines[3];
    for (let cut = 1; cut <= last.length; cut++) {
      const ledger = readLedger(text.slice(0, text.length - cut), records[2], sha256);
      assert.equal(ledger.records.length, 3);
      assert.equal(ledger.fault, null);
    }
  });

  it('finds an edited line, whichever character it is', () => {
    for (const [index, line] of lines.entries()) {
      for (let at = 0; at < line.length - 1; at += 7) {
        const edited = `${line.slice(0, at)}${line[at] === 'x' ? 'y' : 'x'}${line.slice(at + 1)}`;
        const ledger = read([...lines.slice(0, index), edited, ...lines.slice(index + 1)].join(''));
        assert.deepEqual(ledger.fault, { seq: index, what: 'edited' }, `line ${index}, character ${at}`);
      }
    }
  });

  it('finds a line that was made up with a hash of its own', () => {
    const { line } = sealRecord(run('made up'), { head: records[1], time: 9, sha256 });
    const ledger = read([...lines.slice(0, 2), line, lines[3]].join(''));
    assert.deepEqual(ledger.fault, { seq: 3, what: 'removed or reordered' });
  });

  it('finds a removed line: the first, one in the middle, the last', () => {
    assert.deepEqual(read(lines.slice(1).join('')).fault, { seq: 0, what: 'removed or reordered' });
    assert.deepEqual(read([lines[0], lines[2], lines[3]].join('')).fault, { seq: 1, what: 'removed or reordered' });
    assert.deepEqual(read(lines.slice(0, 3).join('')).fault, { seq: 3, what: 'cut off' });
    assert.deepEqual(read('').fault, { seq: 3, what: 'cut off' });
  });

  it('finds lines that changed places', () => {
    assert.deepEqual(read([lines[0], lines[2], lines[1], lines[3]].join('')).fault, { seq: 1, what: 'removed or reordered' });
  });

  it('may be one record ahead of its head: a crash between the two loses nothing', () => {
    assert.equal(readLedger(lines.join(''), records[2], sha256).fault, null);
  });
});

describe('what a ledger says of a test set', () => {
  const verdict: LedgerEntry = {
    kind: 'verdict', id: 'v', title: 'v', ingredients: ingredients('b'), verdict: 'helps', sentence: '', pairs: 10, looks: 20, stopped: false, seconds: 1, report: null,
  };

  it('counts configurations, not runs, and every look', () => {
    const { records } = write([run('1', 'a'), run('2', 'a'), run('3', 'b'), verdict]);
    const { configurations, looks } = testHistory(records, 'test');
    assert.deepEqual([...configurations], ['a', 'b']);
    assert.equal(looks, 23);
    assert.equal(testHistory(records, 'another').looks, 0);
  });

  it('goes on counting what was taken out of the tree', () => {
    const { records } = write([run('1', 'a'), run('2', 'b'), { kind: 'hidden', about: '1' }]);
    assert.equal(testHistory(records, 'test').configurations.size, 2);
    assert.deepEqual(ledgerItems(records).map(({ entry, hidden }) => [entry.id, hidden]), [['2', false], ['1', true]]);
  });

  it('counts a verdict that was killed, and not a run that never came to the test set', () => {
    const started = (id: string, job: 'run' | 'verdict'): LedgerEntry => ({ kind: 'start', id, job, title: id, ingredients: ingredients(id) });
    const stopped: LedgerEntry = { ...(run('s') as Extract<LedgerEntry, { kind: 'run' }>), outcome: 'stopped', figures: null };
    const { records } = write([started('killed', 'verdict'), started('s', 'run'), stopped]);
    assert.deepEqual([...testHistory(records, 'test').configurations], ['killed']);
    assert.deepEqual(ledgerItems(records).map(({ entry }) => entry.kind), ['run', 'start']);
  });

  it('keeps the notes of the user with what they are about', () => {
    const { records } = write([run('1'), { kind: 'note', about: '1', text: 'too fast?' }, { kind: 'note', about: '1', text: 'yes' }]);
    assert.deepEqual(ledgerItems(records)[0]?.notes, ['too fast?', 'yes']);
  });
});
