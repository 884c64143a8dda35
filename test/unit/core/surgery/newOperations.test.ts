import assert from 'node:assert/strict';
import type { Model } from '../../../../src/core/model/model';
import { findLayer } from '../../../../src/core/surgery/edit';
import type { Operation } from '../../../../src/core/surgery/operation';
import { applyOperation } from '../../../../src/core/surgery/operations';
import { proposeTransplant } from '../../../../src/core/surgery/transplantWeights';
import { decodeNumbers } from '../../../../src/core/weights/decode';
import { goldenModel, goldenNetwork } from '../../../support/goldenNetworks';
import { checkRefusal, checkSurgeryLaws, predict, type Changes } from '../../../support/surgeryLaws';
import { built, compiled, dense, functional, layer, nested, sequential } from './models';

const golden = (name: string): Model => goldenModel(goldenNetwork(name));
const stack = built(sequential([4], [dense('one', 4, 'relu'), dense('two', 4), layer('Dropout', 'drop', { rate: 0.5 }), dense('answer', 3, 'softmax')]), compiled);
const narrowing = built(sequential([4], [dense('wide', 5), dense('narrow', 3), dense('answer', 2)]));
const residual = built(functional({ x: [4] }, [
  [dense('stem', 4, 'relu'), ['x']],
  [dense('left', 4), ['stem']],
  [dense('right', 4), ['stem']],
  [layer('Add', 'join'), ['left', 'right']],
  [dense('out', 2), ['join']],
], ['out']), compiled);
const siamese = built(functional({ a: [3], b: [3] }, [
  [nested('encoder', sequential([3], [dense('code', 3), dense('more', 3)])), ['a'], ['b']],
  [layer('Subtract', 'difference'), ['encoder:0', 'encoder:1']],
], ['difference']));
const twin = built(functional({ x: [4] }, [[dense('twin', 4), ['x'], ['twin:0']], [dense('out', 2), ['twin:1']]], ['out']));
const twoHeads = built(functional({ x: [4] }, [[dense('body', 4), ['x']], [dense('kind', 3), ['body']], [dense('size', 1), ['body']]], ['kind', 'size']));
const conv = { filters: 3, kernel_size: [3, 3], padding: 'same' };
const image = built(sequential([6, 5, 2], [
  layer('Conv2D', 'conv', { ...conv, use_bias: false }), layer('BatchNormalization', 'norm'), layer('ReLU', 'ramp'),
  layer('DepthwiseConv2D', 'depth', { kernel_size: 3, depth_multiplier: 2 }), layer('BatchNormalization', 'depthNorm', { scale: false, epsilon: 0.01 }),
  layer('GlobalAveragePooling2D', 'pool'), dense('hidden', 4), layer('BatchNormalization', 'last', { center: false }), dense('answer', 3, 'softmax'),
]));
const flat = built(sequential([6, 5, 2], [layer('Conv2D', 'conv', conv), layer('Flatten', 'flat'), dense('answer', 2)]));
const branching = built(functional({ x: [6, 6, 2] }, [
  [layer('SeparableConv2D', 'split', { filters: 4, kernel_size: 3 }), ['x']],
  [layer('BatchNormalization', 'first'), ['split']],
  [nested('inner', sequential([4, 4, 4], [layer('Conv2DTranspose', 'up', { filters: 3, kernel_size: 2 }), layer('BatchNormalization', 'second', { axis: 3 })])), ['first']],
  [layer('Conv2D', 'active', { ...conv, activation: 'relu' }), ['inner']],
  [layer('BatchNormalization', 'kept'), ['active']],
], ['kept']));

const cases: readonly (readonly [string, Model, Operation, Changes])[] = [
  ['behind a layer of a Sequential', stack, { op: 'insertLayer', class: 'Dense', after: 'one' }, { added: ['dense'] }],
  ['before the first', stack, { op: 'insertLayer', class: 'BatchNormalization', before: 'one' }, { added: ['batch_normalization'] }],
  ['behind the output', stack, { op: 'insertLayer', class: 'Softmax', after: 'answer', name: 'chances' }, { added: ['chances'], outputs: ['chances'] }],
  ['for all that read a layer', residual, { op: 'insertLayer', class: 'Dropout', after: 'stem' }, { added: ['dropout'], samePredictions: true }],
  ['for one that reads a layer', residual, { op: 'insertLayer', class: 'Activation', config: { activation: 'linear' }, before: 'left', name: 'kein <b>HTML' }, { added: ['kein <b>HTML'], samePredictions: true }],
  ['behind an input', residual, { op: 'insertLayer', class: 'GaussianNoise', after: 'x' }, { added: ['gaussian_noise'], samePredictions: true }],
  ['inside a model that is called twice', siamese, { op: 'insertLayer', class: 'Dense', config: { units: 3 }, after: 'encoder/code' }, { added: ['encoder/dense'] }],
  ['behind a shared layer, shared', twin, { op: 'insertLayer', class: 'Identity', after: 'twin' }, { added: ['identity'], samePredictions: true }],
  ['before a shared layer, shared', twin, { op: 'insertLayer', class: 'Identity', before: 'twin' }, { added: ['identity'], samePredictions: true }],
  ['a convolution as wide as its input', image, { op: 'insertLayer', class: 'Conv2D', after: 'ramp' }, { added: ['conv2d'] }],
  ['within a Sequential', stack, { op: 'moveLayer', layer: 'drop', before: 'two' }, { samePredictions: true }],
  ['one that changes the numbers', stack, { op: 'moveLayer', layer: 'two', before: 'one' }, {}],
  ['to another branch', built(functional({ x: [4] }, [
    [dense('left', 4), ['x']], [layer('ReLU', 'ramp'), ['left']], [dense('right', 4), ['x']], [layer('Add', 'join'), ['ramp', 'right']],
  ], ['join'])), { op: 'moveLayer', layer: 'ramp', after: 'right' }, {}],
  ['the output layer', built(sequential([4], [dense('a', 4), dense('b', 4)])), { op: 'moveLayer', layer: 'b', before: 'a' }, { outputs: ['a'] }],
  ['a layer', stack, { op: 'duplicateLayer', layer: 'two' }, { added: ['two_copy'] }],
  ['a nested model that is called twice', siamese, { op: 'duplicateLayer', layer: 'encoder', name: 'second' }, { added: ['second', 'second/code', 'second/more'] }],
  ['a random layer', stack, { op: 'duplicateLayer', layer: 'drop' }, { added: ['drop_copy'], samePredictions: true }],
  ['one layer', residual, { op: 'reinitialize', layers: ['left'] }, { weights: ['left'] }],
  ['a nested model as a whole', siamese, { op: 'reinitialize', layers: ['encoder'] }, { weights: ['encoder/code', 'encoder/more'] }],
  ['moving statistics', image, { op: 'reinitialize', layers: ['norm'] }, { weights: ['norm'] }],
  ['a body', stack, { op: 'reinitialize', layers: 'all but head' }, { weights: ['one', 'two'] }],
  ['of a Dense', stack, { op: 'setActivation', layer: 'one', activation: 'tanh' }, {}],
  ['of a convolution', golden('nested'), { op: 'setActivation', layer: 'base/conv', activation: 'linear' }, {}],
  ['of a Dropout', stack, { op: 'setRate', layer: 'drop', rate: 0.25 }, { samePredictions: true }],
  ['of a Dropout to nothing', stack, { op: 'setRate', layer: 'drop', rate: 0 }, { samePredictions: true }],
  ['of a kernel', stack, { op: 'setRegularizer', layer: 'one', weight: 'kernel', regularizer: 'l2' }, { samePredictions: true }],
  ['of an output', stack, { op: 'setRegularizer', layer: 'drop', weight: 'activity', regularizer: { class_name: 'L1L2', config: { l1: 0.1, l2: 0 } } }, { samePredictions: true }],
  ['none any more', stack, { op: 'setRegularizer', layer: 'one', weight: 'bias', regularizer: null }, { samePredictions: true }],
  ['what a layer gives', residual, { op: 'addOutput', layer: 'join' }, { outputs: ['out', 'join'] }],
  ['a new Dense on a Sequential', stack, { op: 'addOutput', layer: 'two', units: 1 }, { added: ['entry', 'output'], outputs: ['answer', 'output'] }],
  ['a third one', twoHeads, { op: 'addOutput', layer: 'body', units: 2, activation: 'tanh', name: 'third' }, { added: ['third'], outputs: ['kind', 'size', 'third'] }],
  ['the first part of a Sequential', stack, { op: 'cut', layer: 'two', keep: 'before' }, { removed: ['drop', 'answer'], outputs: ['two'] }],
  ['the second part of a Sequential', stack, { op: 'cut', layer: 'two', keep: 'after' }, { removed: ['one', 'two'] }],
  ['the first part of a Functional', residual, { op: 'cut', layer: 'join', keep: 'before' }, { removed: ['out'], outputs: ['join'] }],
  ['the second part of a Functional', residual, { op: 'cut', layer: 'stem', keep: 'after' }, { removed: ['x', 'stem'], added: ['stem_input'] }],
  ['without inputs that it does not need', golden('several'), { op: 'cut', layer: goldenFirst('several'), keep: 'before' }, cutOf('several')],
  ['more', stack, { op: 'setClasses', classes: 5 }, { weights: ['answer'] }],
  ['fewer, others', stack, { op: 'setClasses', classes: 2, keep: [2, 0] }, { weights: ['answer'] }],
  ['before a Softmax', built(sequential([4], [dense('logits', 3), layer('Softmax', 'chances')])), { op: 'setClasses', classes: 4 }, { weights: ['logits'] }],
  ['of a convolution', built(sequential([5, 4, 2], [layer('Conv2D', 'map', { filters: 2, kernel_size: 1, activation: 'softmax' })])), { op: 'setClasses', classes: 3 }, { weights: ['map'] }],
  ['another height and width', image, { op: 'setInputSize', size: [9, 8] }, {}],
  ['any size', golden('nested'), { op: 'setInputSize', size: [16, 12] }, {}],
  ['free axes', image, { op: 'setInputSize', size: [null, null] }, {}],
  ['all of a Sequential', image, { op: 'foldBatchNormalization' }, { removed: ['norm', 'depthNorm', 'last'], weights: ['conv', 'depth', 'hidden'], nearPredictions: 1e-5 }],
  ['one by its name', image, { op: 'foldBatchNormalization', layers: ['depthNorm'] }, { removed: ['depthNorm'], weights: ['depth'], nearPredictions: 1e-5 }],
  ['separable, transposed and nested; one behind an activation stays', branching, { op: 'foldBatchNormalization' }, { removed: ['first', 'inner/second'], weights: ['split', 'inner/up'], nearPredictions: 1e-4 }],
];

function goldenFirst(name: string): string {
  return golden(name).root.network.calls[0].layer;
}

/** What the first layer of a model does not need. */
function cutOf(name: string): Changes {
  const { layers, calls, inputs } = golden(name).root.network;
  const [{ layer: first, args }] = calls;
  const read = JSON.stringify(args);
  const kept = new Set([first, ...inputs.map(({ ref }) => ref.layer).filter((input) => read.includes(JSON.stringify(input)))]);
  return { removed: layers.filter((each) => !kept.has(each.name) && !each.operation).map((each) => each.name), outputs: [first] };
}

const refusals: readonly (readonly [string, Model, Operation, string, RegExp])[] = [
  ['a class that the catalogue lacks', stack, { op: 'insertLayer', class: 'Lambda', after: 'one' }, 'operation-refused', /one of Dense.*Lambda/],
  ['no place', stack, { op: 'insertLayer', class: 'ReLU' }, 'operation-refused', /either after or before.*neither/],
  ['two places', stack, { op: 'insertLayer', class: 'ReLU', after: 'one', before: 'two' }, 'operation-refused', /both/],
  ['what the next layer cannot read', stack, { op: 'insertLayer', class: 'Dense', config: { units: 7 }, after: 'one' }, 'shape-mismatch', /kernel \[7, 4\].*two/],
  ['what cannot read', stack, { op: 'insertLayer', class: 'Conv2D', after: 'one' }, 'shape-mismatch', /Conv2D/],
  ['a wrong config', stack, { op: 'insertLayer', class: 'Dropout', config: { rate: 7 }, after: 'one' }, 'config-invalid', /rate/],
  ['a name that is taken', stack, { op: 'insertLayer', class: 'ReLU', after: 'one', name: 'two' }, 'operation-refused', /two/],
  ['a place before a sum', residual, { op: 'insertLayer', class: 'ReLU', before: 'join' }, 'operation-refused', /joins several.*left, right/],
  ['a place before an input', residual, { op: 'insertLayer', class: 'ReLU', before: 'x' }, 'operation-refused', /input/],
  ['a layer whose weights were made for another input', narrowing, { op: 'moveLayer', layer: 'narrow', before: 'wide' }, 'shape-mismatch', /made for another input/],
  ['out of its model', siamese, { op: 'moveLayer', layer: 'encoder/code', after: 'a' }, 'operation-refused', /within its own model/],
  ['a shared layer', twin, { op: 'moveLayer', layer: 'twin', after: 'x' }, 'operation-refused', /shared/],
  ['beside itself', stack, { op: 'moveLayer', layer: 'one', after: 'one' }, 'operation-refused', /itself/],
  ['an input that moves', residual, { op: 'moveLayer', layer: 'x', after: 'stem' }, 'operation-refused', /input/],
  ['a copy that cannot read it', narrowing, { op: 'duplicateLayer', layer: 'wide' }, 'shape-mismatch', /wide_copy/],
  ['an input as a copy', residual, { op: 'duplicateLayer', layer: 'x' }, 'operation-refused', /input/],
  ['layers without weights', stack, { op: 'reinitialize', layers: ['drop'] }, 'operation-refused', /has weights/],
  ['an activation of a layer without', stack, { op: 'setActivation', layer: 'drop', activation: 'relu' }, 'operation-refused', /no activation/],
  ['an activation that changes the width', stack, { op: 'setActivation', layer: 'one', activation: 'glu' }, 'shape-mismatch', /two/],
  ['a rate of a Dense', stack, { op: 'setRate', layer: 'one', rate: 0.5 }, 'operation-refused', /no rate/],
  ['a rate above 1', stack, { op: 'setRate', layer: 'drop', rate: 1.5 }, 'operation-refused', /from 0 to 1/],
  ['a weight that a layer lacks', stack, { op: 'setRegularizer', layer: 'one', weight: 'gamma', regularizer: 'l1' }, 'operation-refused', /kernel, bias, activity/],
  ['a regularizer that is none', stack, { op: 'setRegularizer', layer: 'one', weight: 'kernel', regularizer: 'l3' }, 'unsupported', /L1, L2, L1L2 or Orthogonal/],
  ['settings of a model', siamese, { op: 'setActivation', layer: 'encoder', activation: 'relu' }, 'operation-refused', /no settings/],
  ['an output twice', residual, { op: 'addOutput', layer: 'out' }, 'operation-refused', /output already/],
  ['an output inside a nested model', siamese, { op: 'addOutput', layer: 'encoder/code' }, 'operation-refused', /outermost/],
  ['a new output on images', image, { op: 'addOutput', layer: 'ramp', units: 2 }, 'operation-refused', /one vector per sample.*\[null, 6, 5, 3\]/],
  ['a cut behind the last layer', stack, { op: 'cut', layer: 'answer', keep: 'before' }, 'operation-refused', /nothing to cut/],
  ['a second part of nothing', residual, { op: 'cut', layer: 'out', keep: 'after' }, 'operation-refused', /nothing/],
  ['a cut beside a path', residual, { op: 'cut', layer: 'left', keep: 'after' }, 'operation-refused', /every path/],
  ['a cut at a shared model', siamese, { op: 'cut', layer: 'encoder', keep: 'after' }, 'operation-refused', /called once/],
  ['classes of several outputs', twoHeads, { op: 'setClasses', classes: 4 }, 'operation-refused', /2 outputs/],
  ['the same classes', stack, { op: 'setClasses', classes: 3 }, 'operation-refused', /already/],
  ['classes that are not there', stack, { op: 'setClasses', classes: 4, keep: [0, 3] }, 'operation-refused', /from 0 to 2/],
  ['classes of a sum', siamese, { op: 'setClasses', classes: 2 }, 'operation-refused', /Subtract/],
  ['a size that a Flatten counted on', flat, { op: 'setInputSize', size: [12, 10] }, 'shape-mismatch', /answer/],
  ['a size of another rank', image, { op: 'setInputSize', size: [12] }, 'operation-refused', /2 whole numbers/],
  ['a size of a vector', stack, { op: 'setInputSize', size: [12] }, 'operation-refused', /height or width/],
  ['one that is no BatchNormalization', image, { op: 'foldBatchNormalization', layers: ['conv'] }, 'operation-refused', /no BatchNormalization.*conv/],
  ['a model without', stack, { op: 'foldBatchNormalization' }, 'operation-refused', /no BatchNormalization/],
  ['one behind an activation', branching, { op: 'foldBatchNormalization', layers: ['kept'] }, 'operation-refused', /active has an activation/],
  ['an unknown layer', stack, { op: 'insertLayer', class: 'ReLU', after: 'on' }, 'layer-unknown', /one/],
];

describe('surgery laws of the later operations', () => {
  for (const [name, model, operation, changes] of cases) {
    it(`${operation.op}: ${name}`, () => checkSurgeryLaws({ model, operation, changes }));
  }
  for (const [name, model, operation, code, words] of refusals) {
    it(`${operation.op} refuses ${name}`, () => checkRefusal({ model, operation }, code, words));
  }

  it('cut: the two parts one after the other compute what the model did', async () => {
    const [first, second] = await Promise.all((['before', 'after'] as const).map(async (keep) => (await applyOperation(residual, { op: 'cut', layer: 'stem', keep }, { seed: 0 })).model));
    assert.deepEqual(first.root.network.outputs.map(({ name }) => name), ['stem']);
    assert.deepEqual(second.root.network.inputs.map(({ name, shape }) => [name, shape]), [['stem_input', [null, 4]]]);
    const joined = built(functional({ x: [4] }, [[nested('first', first.root.network), ['x']], [nested('second', second.root.network), ['first']]], ['second']));
    const filled: Model = { ...joined, root: { ...joined.root, network: { ...joined.root.network, layers: [joined.root.network.layers[0], { ...joined.root.network.layers[1], network: first.root.network }, { ...joined.root.network.layers[2], network: second.root.network }] } } };
    assert.deepEqual(await predict(filled), await predict(residual));
  });

  it('setClasses: old classes keep their columns, in the order that is given', async () => {
    const { model } = await applyOperation(stack, { op: 'setClasses', classes: 5, keep: [2, 0] }, { seed: 1 });
    const column = (of: Model, index: number): number[] => {
      const [kernel, bias] = findLayer(of, 'answer').layer.weights;
      const width = kernel.shape[1];
      return [...decodeNumbers(kernel)].filter((_, place) => place % width === index).concat(decodeNumbers(bias)[index]);
    };
    assert.deepEqual([column(model, 0), column(model, 1)], [column(stack, 2), column(stack, 0)]);
    assert.equal(column(model, 4).at(-1), 0, 'a new bias is zero');
  });

  it('addOutput: a compiled model keeps its loss and gets one for the new output', async () => {
    const { model } = await applyOperation(stack, { op: 'addOutput', layer: 'two', units: 1 }, { seed: 1 });
    assert.deepEqual(model.compile?.loss, { answer: 'categorical_crossentropy', output: 'binary_crossentropy' });
    assert.deepEqual(model.compile.metrics, { answer: ['accuracy'], output: [] });
  });

  it('transplantWeights: by name, then by shape; each source once', async () => {
    const other = built(sequential([4], [dense('two', 4), dense('first', 4), dense('more', 4), dense('answer', 2)]));
    assert.deepEqual(proposeTransplant(stack, other), [{ to: 'one', from: 'first', by: 'shape' }, { to: 'two', from: 'two', by: 'name' }]);
    const readWeights = (): Promise<Model> => Promise.resolve(other);
    const bytes = (model: Model, path: string): unknown => findLayer(model, path).layer.weights.map((weight) => weight.bytes);
    const same = built(sequential([4], [dense('one', 4, 'relu'), dense('two', 4), layer('Dropout', 'drop', { rate: 0.5 }), dense('answer', 3, 'softmax')].map((each) => ({ ...each }))));
    assert.notDeepEqual(bytes(same, 'one'), bytes(other, 'first'));
    const edited = await checkSurgeryLaws({ model: stack, operation: { op: 'transplantWeights', from: 'o.keras', layers: { one: 'more' } }, changes: { weights: ['one'] }, readWeights });
    assert.deepEqual(bytes(edited, 'one'), bytes(other, 'more'));
    const proposed = (await applyOperation(stack, { op: 'transplantWeights', from: 'o.keras' }, { seed: 0, readWeights })).model;
    assert.deepEqual([bytes(proposed, 'one'), bytes(proposed, 'two')], [bytes(other, 'first'), bytes(other, 'two')]);
    await assert.rejects(async () => applyOperation(stack, { op: 'transplantWeights', from: 'o.keras', layers: { answer: 'answer' } }, { seed: 0, readWeights }), /do not fit into answer/);
    await checkRefusal({ model: stack, operation: { op: 'transplantWeights', from: 'o.keras' } }, 'operation-refused', /cannot be read/);
  });
});
