import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/model/tensor';
import { opNames } from '../../src/core/ops/registry';
import type { Engine, Log, Tensors } from '../../src/core/ports';
import { openEngine } from '../../src/engine/openEngine';
import { ReferenceEngine } from '../../src/engine/reference/referenceEngine';
import { opCases } from '../support/opCases/allCases';
import { differenceOfAll } from '../support/opCases/closeness';
import { caseProgram, drawTensor, type OpCase, type Route } from '../support/opCases/opCase';
import { testedEngines } from '../support/testedEngines';

const silent: Log = { write: () => undefined };
/** One compiled program serves them all; 1 last, as the short last batch comes. */
const batches = [3, 7, 1];
const routes: readonly Route[] = ['fed', 'all', 'other'];

function stepsOf(opCase: OpCase): Tensors[] {
  return batches.map((batch) => {
    const entries = opCase.inputs.flatMap((input, i): [string, Tensor][] => (input.constant ? [] : [[`in${i}`, drawTensor(input, { batch, seed: 1000 * batch + i })]]));
    return Object.fromEntries(entries);
  });
}

/** Compiles each form of the case once, runs every batch size, and compares with the reference. */
async function check(engine: Engine, opCase: OpCase): Promise<void> {
  const reference = new ReferenceEngine();
  for (const route of routes) {
    const program = caseProgram(opCase, route);
    if (!program) continue;
    const steps = stepsOf(opCase);
    const [judge, judged] = [await reference.compile(program), await engine.compile(program)];
    const want = await judge.run(steps);
    const got = await judged.run(steps);
    await judged.dispose();
    batches.forEach((batch, i) => {
      const found = differenceOfAll(got[i], want[i], opCase.tolerance ?? 1e-5);
      assert.equal(found, undefined, `inputs ${route}, batch ${batch}: ${found}`);
    });
  }
}

describe('the table of cases', () => {
  it('has a case for each operation', () => {
    const covered = new Set(opCases.map(({ op }) => op));
    assert.deepEqual(opNames.filter((op) => !covered.has(op)), []);
  });

  it('builds programs that hold the operation', () => {
    for (const opCase of opCases) {
      const program = caseProgram(opCase, 'fed');
      assert.ok(program?.nodes.some(({ op }) => op === opCase.op), `${opCase.op}: ${opCase.what}`);
    }
  });
});

for (const name of testedEngines) {
  describe(`${name} against reference`, () => {
    let engine: Engine;
    before(async () => {
      engine = await openEngine(name, silent);
    });
    after(() => engine.dispose());

    for (const op of opNames) {
      describe(op, () => {
        for (const opCase of opCases.filter((one) => one.op === op)) it(opCase.what, () => check(engine, opCase));
      });
    }
  });
}
