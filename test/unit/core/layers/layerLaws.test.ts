import { layerDefinitions } from '../../../../src/core/layers/registry';
import { checkLayerLaws, goldenCases } from '../../../support/layerLaws';

describe('layer laws', () => {
  for (const definition of layerDefinitions) {
    describe(definition.className, () => {
      for (const golden of goldenCases(definition.className)) {
        it(`${golden.name}: shapes, weights, Keras' numbers and gradients, finite differences`, () => checkLayerLaws(definition, golden)).timeout(60_000);
      }
    });
  }
});
