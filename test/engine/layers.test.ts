import assert from 'node:assert/strict';
import { layerDefinitions } from '../../src/core/layers/registry';
import type { Engine, Log } from '../../src/core/ports';
import { openEngine } from '../../src/engine/openEngine';
import { goldenCases, layerProgram } from '../support/layerLaws';
import { differenceOfAll } from '../support/opCases/closeness';
import { testedEngines } from '../support/testedEngines';

const silent: Log = { write: () => undefined };
/** Float32 on both sides, and sums over a few hundred products. */
const TOLERANCE = 2e-5;

for (const name of testedEngines) {
  describe(`layers on ${name} against Keras`, () => {
    let engine: Engine;
    before(async () => {
      engine = await openEngine(name, silent);
    });
    after(() => engine.dispose());

    for (const definition of layerDefinitions) {
      it(definition.className, async () => {
        for (const golden of goldenCases(definition.className)) {
          for (const training of golden.training === null ? [false] : [false, true]) {
            const { program, tensors, expected } = layerProgram(definition, golden, training);
            const compiled = await engine.compile(program);
            const [found] = await compiled.run([tensors]);
            await compiled.dispose();
            assert.equal(differenceOfAll(found, expected, TOLERANCE), undefined, `${golden.name}, ${training ? 'training' : 'inference'}`);
          }
        }
      }).timeout(60_000);
    }
  });
}
