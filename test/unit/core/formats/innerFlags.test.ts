import assert from 'node:assert/strict';
import { layerFromConfig } from '../../../../src/core/formats/kerasConfig';
import { writeLayer } from '../../../../src/core/formats/writeConfig';
import type { JsonObject } from '../../../../src/core/model/json';

const entry = (className: string, config: JsonObject): JsonObject => ({ module: 'keras.layers', class_name: className, config, registered_name: null });
/** As a file says it: what is read and written has no prototype. */
const plain = (value: JsonObject): unknown => JSON.parse(JSON.stringify(value));

const dense = (trainable: boolean): JsonObject => entry('Dense', { name: 'inner', trainable, units: 2 });
const cell = (trainable: boolean): JsonObject => entry('LSTMCell', { name: 'cell', trainable, units: 2 });
const network = (...flags: boolean[]): JsonObject => entry('Sequential', { name: 'net', trainable: flags[0], layers: [entry('InputLayer', { name: 'x', batch_shape: [null, 3] }), ...flags.slice(1).map((flag, index) => entry('Dense', { name: `inner_${index}`, trainable: flag, units: 2 }))] });

const wrappers: readonly (readonly [string, (outer: boolean, inner: boolean) => JsonObject])[] = [
  ['TimeDistributed', (trainable, inner) => entry('TimeDistributed', { name: 'w', trainable, layer: dense(inner) })],
  ['TimeDistributed of a network', (trainable, inner) => entry('TimeDistributed', { name: 'w', trainable, layer: network(inner, inner, inner) })],
  ['Bidirectional', (trainable, inner) => entry('Bidirectional', { name: 'w', trainable, layer: cell(inner), backward_layer: cell(inner) })],
  ['RNN of stacked cells', (trainable, inner) => entry('RNN', { name: 'w', trainable, cell: entry('StackedRNNCells', { name: 's', trainable: inner, cells: [cell(inner), cell(inner)] }) })],
];

describe('a frozen wrapper', () => {
  for (const [name, make] of wrappers) {
    it(`${name}: is written with all inside it frozen, opened with all inside it open, and comes back as it was`, () => {
      const frozen = layerFromConfig(make(false, false), 'layer');
      assert.equal(frozen.trainable, false);
      assert.deepEqual(plain(writeLayer(frozen)), make(false, false));
      assert.deepEqual(plain(writeLayer({ ...frozen, trainable: true })), make(true, true));
      const open = layerFromConfig(make(true, true), 'layer');
      assert.deepEqual(plain(writeLayer({ ...open, trainable: false })), make(false, false));
    });
  }

  it('leaves what is frozen inside an open one', () => {
    const partly = entry('TimeDistributed', { name: 'w', trainable: true, layer: network(true, false, true) });
    const written = plain(writeLayer(layerFromConfig(partly, 'layer')));
    assert.deepEqual(written, partly);
  });

  it('does not touch networks, whose layers have flags of their own', () => {
    const read = layerFromConfig(network(false, false, false), 'layer');
    assert.deepEqual(read.network?.layers.map(({ trainable }) => trainable), [false, false]);
  });
});
