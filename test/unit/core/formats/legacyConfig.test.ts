import assert from 'node:assert/strict';
import { layerFromConfig } from '../../../../src/core/formats/kerasConfig';
import { modernConfig } from '../../../../src/core/formats/legacyConfig';
import { modernTrainingConfig } from '../../../../src/core/formats/legacyTraining';
import type { Json } from '../../../../src/core/model/json';
import type { Layer } from '../../../../src/core/model/model';

const open = (config: Json): Layer => layerFromConfig(modernConfig(config, true, 'test').entry, 'test');
const dense = (name: string, more: Record<string, Json> = {}): Json => ({ class_name: 'Dense', config: { name, units: 2, activation: 'linear', use_bias: true, ...more } });

describe('configs of Keras 2', () => {
  it('may be a Sequential that is a bare list, its input shape in the first layer', () => {
    const { network } = open({ class_name: 'Sequential', config: [dense('a', { batch_input_shape: [null, 3] }), dense('b')] });
    assert.deepEqual(network?.layers.map(({ name }) => name), ['a', 'b']);
    assert.deepEqual(network.inputs.map(({ name, shape }) => ({ name, shape })), [{ name: 'a_input', shape: [null, 3] }]);
    assert.equal('batch_input_shape' in network.layers[0].config, false);
  });

  it('keep what hard_sigmoid meant', () => {
    const { network } = open({ class_name: 'Sequential', config: { name: 's', layers: [dense('a', { batch_input_shape: [null, 3], activation: 'hard_sigmoid' })] } });
    assert.equal(network?.layers[0].config['activation'], 'keras2_hard_sigmoid');
    assert.equal(network.layers[0].opaque, undefined);
  });

  it('have layers that Keras 3 names otherwise, or keeps elsewhere', () => {
    const { network } = open({ class_name: 'Sequential', config: { name: 's', layers: [
      dense('a', { batch_input_shape: [null, 3] }),
      { class_name: 'ThresholdedReLU', config: { name: 'kink', theta: { type: 'ndarray', value: 0.5 } } },
      { class_name: 'SyncBatchNormalization', config: { name: 'norm', axis: [1], momentum: 0.9 } },
      { class_name: 'LayerScale', config: { name: 'scale', init_values: 0.1, projection_dim: 2 } },
    ] } });
    const [, kink, norm, scale] = network?.layers ?? [];
    assert.deepEqual([kink.className, kink.config['threshold'], kink.config['theta']], ['ReLU', 0.5, undefined]);
    assert.deepEqual([norm.className, norm.config['axis']], ['BatchNormalization', 1]);
    assert.equal(scale.envelope['module'], 'keras.src.applications.convnext');
    assert.deepEqual(network?.layers.map(({ opaque }) => opaque), [undefined, undefined, undefined, undefined]);
  });

  it('count the calls of a nested model from 1, and name a Functional Model', () => {
    const inner: Json = { class_name: 'Model', name: 'inner', config: {
      name: 'inner', layers: [
        { class_name: 'InputLayer', name: 'x', config: { name: 'x', batch_input_shape: [null, 2] }, inbound_nodes: [] },
        { ...(dense('d') as object), name: 'd', inbound_nodes: [[['x', 0, 0, {}]]] },
      ], input_layers: [['x', 0, 0]], output_layers: [['d', 0, 0]],
    }, inbound_nodes: [[['in', 0, 0, {}]], [['inner', 1, 0, { training: null }]]] };
    const { network } = open({ class_name: 'Model', config: {
      name: 'outer', layers: [{ class_name: 'InputLayer', name: 'in', config: { name: 'in', batch_input_shape: [null, 2] }, inbound_nodes: [] }, inner],
      input_layers: [['in', 0, 0]], output_layers: [['inner', 2, 0]],
    } });
    assert.deepEqual(network?.calls.map(({ layer, call }) => [layer, call]), [['inner', 0], ['inner', 1]]);
    assert.deepEqual(network.outputs.map(({ ref }) => [ref.layer, ref.call]), [['inner', 1]]);
    assert.deepEqual(network.calls[1].kwargs, {});
  });

  it('name optimizers, losses and metrics in other words', () => {
    const training = modernTrainingConfig({
      optimizer_config: { class_name: 'Custom>Adam', config: { lr: 0.5, decay: 0, epsilon: null } },
      loss: { class_name: 'MeanSquaredError', config: { reduction: 'auto', name: 'm' } },
      metrics: [[{ class_name: 'MeanMetricWrapper', config: { name: 'out_acc', fn: 'binary_accuracy' } }], ['mae']],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(training)), {
      optimizer_config: { class_name: 'Adam', config: { epsilon: 1e-7, learning_rate: 0.5 } },
      loss: { class_name: 'MeanSquaredError', config: { reduction: 'sum_over_batch_size', name: 'm' } },
      metrics: [['accuracy'], ['mae']],
    });
  });

  it('that are no graphs are refused', () => {
    for (const node of [[['nobody', 0, 0, {}]], 5, [[1, 2, 3]]]) {
      const entry = { ...(dense('d') as object), name: 'd', inbound_nodes: [node] };
      assert.throws(() => open({ class_name: 'Model', config: { name: 'm', layers: [entry], input_layers: [], output_layers: [['d', 0, 0]] } }), { code: 'format-broken' });
    }
    assert.throws(() => modernConfig('x', true, 'test'), { code: 'format-broken' });
  });
});
