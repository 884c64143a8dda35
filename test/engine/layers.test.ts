import assert from 'node:assert/strict';
import { layerDefinitions } from '../../src/core/layers/registry';
import type { Engine, Log, Tensors } from '../../src/core/ports';
import { openEngine } from '../../src/engine/openEngine';
import { goldenCases, layerProgram } from '../support/layerLaws';
import { differenceOfAll } from '../support/opCases/closeness';
import { testedEngines } from '../support/testedEngines';

const silent: Log = { write: () => undefined };
/** Float32 on both sides, and sums over a few hundred products. */
const TOLERANCE = 2e-5;

/** A gradient that is zero by its formula (of a key's bias, say) is rounding errors in Keras and here. */
function parted(expected: Tensors): { readonly real: Tensors; readonly zero: Tensors } {
  const isZero = ({ data }: Tensors[string]): boolean => data.every((value) => Math.abs(value) < 5e-6);
  const entries = Object.entries(expected);
  return { real: Object.fromEntries(entries.filter(([, tensor]) => !isZero(tensor))), zero: Object.fromEntries(entries.filter(([, tensor]) => isZero(tensor))) };
}

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
            const { real, zero } = parted(expected);
            for (const [name, { data }] of Object.entries(zero)) assert.ok(found[name].data.every((value, index) => Math.abs(value - data[index]) < TOLERANCE), `${golden.name}: ${name} is not zero`);
            assert.equal(differenceOfAll(Object.fromEntries(Object.keys(real).map((name) => [name, found[name]])), real, TOLERANCE), undefined, `${golden.name}, ${training ? 'training' : 'inference'}`);
          }
        }
      }).timeout(180_000);
    }
  });
}
