import assert from 'node:assert/strict';
import type { Engine, Log } from '../../src/core/ports';
import { openEngine } from '../../src/engine/openEngine';
import { operationFeeds, operationGolden, operationModel, operationModels, operationProgram, type OperationTensor } from '../support/operationGoldens';
import { testedEngines } from '../support/testedEngines';

const silent: Log = { write: () => undefined };

function differ(ours: { readonly shape: readonly number[]; readonly data: ArrayLike<number> } | undefined, golden: OperationTensor, what: string): void {
  assert.ok(ours, `${what} is missing`);
  assert.deepEqual(ours.shape, golden.shape, what);
  golden.data.forEach((expected, index) => {
    const error = Math.abs(ours.data[index] - expected) / Math.max(1, Math.abs(expected));
    assert.ok(error < 2e-5, `${what}, element ${index}: ${ours.data[index]}, Keras has ${expected}`);
  });
}

for (const name of ['reference', ...testedEngines] as const) {
  describe(`operations of Keras on ${name}`, () => {
    let engine: Engine;
    before(async () => {
      engine = await openEngine(name, silent);
    });
    after(() => engine.dispose());

    for (const file of operationModels()) {
      it(`${file}: outputs and gradients`, async () => {
        const golden = operationGolden(file);
        const model = await operationModel(file);
        const program = await engine.compile(operationProgram(model, golden));
        const [results] = await program.run([operationFeeds(golden)]);
        golden.outputs.forEach((output, index) => differ(results[`out ${index}`], output, `output ${index} (${model.root.network.outputs[index].name})`));
        for (const [input, slope] of Object.entries(golden.gradients)) {
          if (slope) differ(results[`slope ${input}`], slope, `gradient by ${input}`);
        }
        await program.dispose();
      }).timeout(60_000);
    }
  });
}
