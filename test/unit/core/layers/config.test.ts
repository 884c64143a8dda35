import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import type { KerasShape } from '../../../../src/core/layers/layer';
import { layerDefinitions } from '../../../../src/core/layers/registry';
import type { JsonObject } from '../../../../src/core/model/json';

function parsed(className: string, config: JsonObject): { shapes(...inputs: KerasShape[]): readonly KerasShape[]; weights(...inputs: KerasShape[]): readonly string[] } {
  const definition = layerDefinitions.find((each) => each.className === className);
  assert.ok(definition, className);
  const read = definition.parse(config, 'path');
  return {
    shapes: (...inputs) => definition.outputShapes(read, inputs),
    weights: (...inputs) => definition.weights(read, inputs).map(({ name, shape }) => `${name} ${shape.join('x')}`),
  };
}

const image: KerasShape = [null, 28, 30, 3];

describe('layer configs', () => {
  it('pass unknown keys and take the short forms of Keras', () => {
    assert.deepEqual(parsed('Conv2D', { filters: 4, kernel_size: 3, strides: [2], padding: 'SAME', future: { a: 1 } }).shapes(image), [[null, 14, 15, 4]]);
    assert.deepEqual(parsed('MaxPooling2D', { pool_size: 2, strides: null, data_format: null }).shapes(image), [[null, 14, 15, 3]]);
    assert.deepEqual(parsed('BatchNormalization', { axis: [3] }).weights(image), ['gamma 3', 'beta 3', 'moving_mean 3', 'moving_variance 3']);
    assert.deepEqual(parsed('Rescaling', { scale: { class_name: '__numpy__', config: { value: [1, 2, 3], dtype: 'float32' } }, offset: 0 }).shapes(image), [image]);
    assert.deepEqual(parsed('Reshape', { target_shape: [null, 3] }).shapes([null, 6]), [[null, 2, 3]]);
  });

  it('leave free axes free', () => {
    const free: KerasShape = [null, null, 30, 3];
    assert.deepEqual(parsed('Conv2D', { filters: 4, kernel_size: [3, 5] }).shapes(free), [[null, null, 26, 4]]);
    assert.deepEqual(parsed('AveragePooling2D', { pool_size: 2, padding: 'same' }).shapes(free), [[null, null, 15, 3]]);
    assert.deepEqual(parsed('Flatten', {}).shapes(free), [[null, null]]);
    assert.deepEqual(parsed('Reshape', { target_shape: [-1, 3] }).shapes(free), [[null, null, 3]]);
    assert.deepEqual(parsed('Concatenate', { axis: 1 }).shapes(free, [null, 4, 30, 3]), [[null, null, 30, 3]]);
    assert.deepEqual(parsed('Add', {}).shapes(free, [null, 28, 30, 1]), [[null, null, 30, 3]]);
    assert.deepEqual(parsed('GlobalAveragePooling2D', { keepdims: true }).shapes(free), [[null, 1, 1, 3]]);
  });

  it('give glu half the units', () => {
    assert.deepEqual(parsed('Dense', { units: 6, activation: 'glu' }).shapes([null, 3]), [[null, 3]]);
  });

  it('take the regularizer and the constraint of a variable along', () => {
    const definition = layerDefinitions.find(({ className }) => className === 'Dense');
    assert.ok(definition);
    const config = definition.parse({ units: 2, kernel_regularizer: { class_name: 'L2', config: { l2: 0.1 } }, bias_constraint: 'non_neg', kernel_initializer: 'he_normal' }, 'd');
    const [kernel, bias] = definition.weights(config, [[null, 3]]);
    assert.deepEqual([kernel.regularizer, kernel.initializer], [{ class_name: 'L2', config: { l2: 0.1 } }, 'he_normal']);
    assert.deepEqual([bias.constraint, bias.initializer], ['non_neg', 'zeros']);
  });

  const refusals: readonly [what: string, className: string, config: JsonObject, code: string, where: string][] = [
    ['no units', 'Dense', {}, 'config-invalid', 'path.units'],
    ['half a unit', 'Dense', { units: 1.5 }, 'config-invalid', 'path.units'],
    ['LoRA', 'Dense', { units: 1, lora_rank: 4 }, 'unsupported', 'path.lora_rank'],
    ['quantization', 'Dense', { units: 1, quantization_config: { class_name: 'Int8QuantizationConfig' } }, 'unsupported', 'path.quantization_config'],
    ['a quantized policy', 'Dense', { units: 1, dtype: { class_name: 'QuantizedDTypePolicy', config: {} } }, 'unsupported', 'path.dtype'],
    ['an unknown padding', 'Conv2D', { filters: 1, kernel_size: 1, padding: 'causal' }, 'config-invalid', 'path.padding'],
    ['strides with dilation, as Keras', 'Conv2D', { filters: 1, kernel_size: 1, strides: 2, dilation_rate: 2 }, 'config-invalid', 'path'],
    ['groups that do not divide the filters', 'Conv2D', { filters: 3, kernel_size: 1, groups: 2 }, 'config-invalid', 'path'],
    ['renorm', 'BatchNormalization', { renorm: true }, 'unsupported', 'path.renorm'],
    ['a rate above one', 'Dropout', { rate: 1.5 }, 'config-invalid', 'path.rate'],
    ['two free sizes', 'Reshape', { target_shape: [-1, -1] }, 'config-invalid', 'path.target_shape'],
  ];
  for (const [what, className, config, code, where] of refusals) {
    it(`refuse ${what}, by name`, () => {
      assert.throws(() => parsed(className, config), (error) => {
        assert.ok(error instanceof SurgeryError, String(error));
        assert.deepEqual([error.code, error.where], [code, where]);
        return true;
      });
    });
  }

  const misfits: readonly [what: string, className: string, config: JsonObject, inputs: readonly KerasShape[]][] = [
    ['two inputs for one', 'Dense', { units: 1 }, [[null, 2], [null, 2]]],
    ['a vector for an image', 'Conv2D', { filters: 1, kernel_size: 1 }, [[null, 2]]],
    ['an image smaller than the window', 'Conv2D', { filters: 1, kernel_size: 40 }, [image]],
    ['a pool larger than the image', 'MaxPooling2D', { pool_size: [29, 2] }, [image]],
    ['channels that groups do not divide', 'Conv2D', { filters: 2, kernel_size: 1, groups: 2 }, [image]],
    ['another number of elements', 'Reshape', { target_shape: [5, -1] }, [[null, 12]]],
    ['sizes that do not broadcast', 'Add', {}, [[null, 3], [null, 4]]],
    ['batches that differ', 'Add', {}, [[2, 3], [3, 3]]],
    ['one input to subtract', 'Subtract', {}, [[null, 3]]],
    ['ranks that differ', 'Concatenate', {}, [[null, 3], [null, 3, 1]]],
    ['sizes that differ beside the axis', 'Concatenate', { axis: 1 }, [[null, 3, 2], [null, 3, 1]]],
    ['a scalar per sample', 'Dense', { units: 1 }, [[null]]],
    ['an axis that is not there', 'BatchNormalization', { axis: 4 }, [image]],
  ];
  for (const [what, className, config, inputs] of misfits) {
    it(`refuse ${what}`, () => {
      assert.throws(() => parsed(className, config).shapes(...inputs), (error) => error instanceof SurgeryError && error.code === 'shape-mismatch' && error.received !== undefined);
    });
  }

  it('refuse a variable whose size is free', () => {
    assert.throws(() => parsed('Dense', { units: 1 }).weights([null, null]), (error) => error instanceof SurgeryError && error.code === 'shape-mismatch');
  });
});
