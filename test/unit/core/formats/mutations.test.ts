import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mutations, originals, verdictOf } from '../../../support/mutations';

/** The short version of scripts/fuzzFormats.ts, which runs thousands in processes that can be killed. */
describe('mutated files of every format', () => {
  const files = originals(readdirSync, readFileSync);

  it('are of every format', () => assert.deepEqual([...new Set(files.map(({ name }) => name.split('.').at(-1)))].sort(), ['h5', 'keras', 'savedmodel']));

  for (const [at, file] of files.entries()) {
    it(`${file.name}: the same model or a named error`, async () => {
      for (let round = 0; round < 12; round++) {
        const { failure } = await verdictOf(file, mutations(1, round * files.length + at));
        assert.equal(failure, undefined, `mutation ${round * files.length + at}`);
      }
    }).timeout(60_000);
  }
});
