import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { layerDefinitions } from '../../../../src/core/layers/registry';
import { checkHostLaws, checkLayerLaws, goldenCases, hostCases } from '../../../support/layerLaws';

/** What real Keras does with a mask on the input of each class; written by test/keras/masks.py. */
const masks = JSON.parse(readFileSync(new URL('../../../keras/golden/masks.json', import.meta.url), 'utf8')) as Record<string, 'own' | 'passes' | 'ends'>;

describe('layer laws', () => {
  for (const definition of layerDefinitions) {
    describe(definition.className, () => {
      it('passes masks on, makes its own or ends them, as in Keras', () => {
        assert.equal(definition.outputMasks ? 'own' : definition.passesMask ? 'passes' : 'ends', masks[definition.className]);
      });
      for (const golden of goldenCases(definition.className)) {
        it(`${golden.name}: shapes, weights, Keras' numbers and gradients, finite differences`, () => checkLayerLaws(definition, golden)).timeout(60_000);
      }
      for (const golden of hostCases(definition)) {
        it(`${golden.name}, on the host: shape and Keras' numbers`, () => checkHostLaws(definition, golden));
      }
    });
  }
});
