import assert from 'node:assert/strict';
import { layerDefinitions } from '../../../../src/core/layers/registry';
import { lowerProgram } from '../../../../src/engine/tensorflow/lowerProgram';
import { goldenCases, layerProgram } from '../../../support/layerLaws';

/** TensorFlow's own operators in the graph of a golden case, forward and back; test/engine/layers.test.ts holds what they compute against Keras. */
function blocksOf(className: string, name: string, training: boolean): readonly [number, number] {
  const definition = layerDefinitions.find((one) => one.className === className);
  const golden = goldenCases(className).find((one) => one.name === name);
  assert.ok(definition && golden, `${className}: ${name}`);
  const ops = lowerProgram(layerProgram(definition, golden, training).program).nodes.map(({ op }) => op);
  return [ops.filter((op) => op === 'BlockLSTMV2').length, ops.filter((op) => op === 'BlockLSTMGradV2').length];
}

describe('an LSTM as TensorFlow has it', () => {
  for (const name of ['last', 'backwards', 'states', 'dropout', 'frozen, one step']) {
    it(`is taken with its gradient: ${name}`, () => assert.deepEqual(blocksOf('LSTM', name, true), [1, 1]));
  }

  it('is taken in both directions', () => assert.deepEqual(blocksOf('Bidirectional', 'last', true), [2, 2]));

  for (const name of ['masked', 'recurrent dropout', 'other gates', 'sequences']) {
    it(`is not taken where Keras computes something else: ${name}`, () => assert.deepEqual(blocksOf('LSTM', name, true), [0, 0]));
  }
});
