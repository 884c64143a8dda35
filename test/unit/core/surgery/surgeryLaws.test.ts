import type { Model } from '../../../../src/core/model/model';
import type { Operation } from '../../../../src/core/surgery/operation';
import { goldenModel, goldenNetwork } from '../../../support/goldenNetworks';
import { checkRefusal, checkSurgeryLaws, type Changes } from '../../../support/surgeryLaws';
import { built, dense, functional, layer, nested, sequential } from './models';

const golden = (name: string): Model => goldenModel(goldenNetwork(name));

const logits = built(sequential([4], [dense('body', 5, 'relu'), dense('logits', 3), layer('Softmax', 'chances', { axis: -1 })]));
const image = built(sequential([6, 5, 2], [layer('Conv2D', 'conv', { filters: 3, kernel_size: [2, 2] }), dense('each', 2)]));
const residual = built(functional({ x: [4] }, [
  [dense('stem', 4, 'relu'), ['x']],
  [dense('left', 4), ['stem']],
  [dense('right', 4), ['stem']],
  [layer('Add', 'join'), ['left', 'right']],
  [dense('out', 2), ['join']],
], ['out']));
const deep = built(functional({ x: [4] }, [
  [nested('base', sequential([4], [dense('one', 4), dense('two', 4)])), ['x']],
  [nested('top', sequential([4], [dense('hidden', 3), dense('answer', 2, 'softmax')])), ['base']],
], ['top']));
const siamese = built(functional({ a: [3], b: [3] }, [
  [nested('encoder', sequential([3], [dense('code', 2), dense('more', 2)])), ['a'], ['b']],
  [layer('Subtract', 'difference'), ['encoder:0', 'encoder:1']],
], ['difference']));
const twoHeads = built(functional({ x: [4] }, [
  [dense('body', 4), ['x']],
  [dense('kind', 3), ['body']],
  [dense('size', 1), ['body']],
], ['kind', 'size']));
const named = built(sequential([3], [dense('head', 3), dense('last', 2)]));
const sharedTail = built(functional({ x: [4] }, [
  [dense('twin', 4), ['x'], ['twin:0'], ['twin:1']],
  [layer('ReLU', 'ramp'), ['twin:2']],
], ['ramp']));

const head = { op: 'replaceHead', units: 1, activation: 'sigmoid' } as const;

const cases: readonly (readonly [string, Model, Operation, Changes])[] = [
  // replaceHead
  ['a Dense with its activation', golden('textbook'), head, { removed: ['dense_1'], added: ['head'], outputs: ['head'] }],
  ['a softmax layer and the Dense before it', logits, { ...head, units: 4, activation: 'softmax' }, { removed: ['logits', 'chances'], added: ['head'], outputs: ['head'] }],
  ['a Functional', residual, head, { removed: ['out'], added: ['head'], outputs: ['head'] }],
  ['the head inside a nested model', deep, head, { removed: ['top/answer'], added: ['top/head'] }],
  ['the head inside a nested Sequential of Keras', golden('nested'), head, { removed: ['head/classes'], added: ['head/head_1'] }],
  ['a free image size', golden('free'), head, { removed: ['out'], added: ['head'], outputs: ['head'] }],
  ['a name that is taken', named, head, { removed: ['last'], added: ['head_1'], outputs: ['head_1'] }],
  ['a name of its own', logits, { ...head, name: 'verdict' }, { removed: ['logits', 'chances'], added: ['verdict'], outputs: ['verdict'] }],
  // removeLayers
  ['the last of a Sequential', golden('textbook'), { op: 'removeLayers', layers: ['dense_1', 'dropout'] }, { removed: ['dense_1', 'dropout'], outputs: ['batch_normalization'] }],
  ['one from the middle', golden('textbook'), { op: 'removeLayers', layers: ['dropout'] }, { removed: ['dropout'], samePredictions: true }],
  ['a branch is bypassed', residual, { op: 'removeLayers', layers: ['left'] }, { removed: ['left'] }],
  ['a whole diamond', residual, { op: 'removeLayers', layers: ['join', 'left', 'right'] }, { removed: ['left', 'right', 'join'] }],
  ['the tail of a Functional', residual, { op: 'removeLayers', layers: ['out'] }, { removed: ['out'], outputs: ['join'] }],
  ['a layer inside a nested model', deep, { op: 'removeLayers', layers: ['base/two'] }, { removed: ['base/two'] }],
  ['a nested model as a whole', deep, { op: 'removeLayers', layers: ['base', 'base/one'] }, { removed: ['base'] }],
  ['inside a model that is called twice', siamese, { op: 'removeLayers', layers: ['encoder/more'] }, { removed: ['encoder/more'] }],
  ['a layer inside a nested Functional', golden('nested'), { op: 'removeLayers', layers: ['base/relu', 'base/norm'] }, { removed: ['base/norm', 'base/relu'] }],
  ['one of two heads', twoHeads, { op: 'removeLayers', layers: ['size'] }, { removed: ['size'], outputs: ['kind', 'body'] }],
  ['behind a layer that is called three times', sharedTail, { op: 'removeLayers', layers: ['ramp'] }, { removed: ['ramp'], outputs: ['twin'] }],
  // setTrainable
  ['freeze one', logits, { op: 'setTrainable', layers: ['body'], trainable: false }, { flags: { body: false }, samePredictions: true }],
  ['freeze nothing', logits, { op: 'setTrainable', layers: 'nothing', trainable: false }, { samePredictions: true }],
  ['freeze all but the head', deep, { op: 'setTrainable', layers: 'all but head', trainable: false },
    { flags: { base: false, 'base/one': false, 'base/two': false, 'top/hidden': false, x: false }, samePredictions: true }],
  ['freeze a nested model', deep, { op: 'setTrainable', layers: ['base'], trainable: false }, { flags: { base: false, 'base/one': false, 'base/two': false }, samePredictions: true }],
  ['freeze a range', residual, { op: 'setTrainable', layers: { from: 'stem', to: 'left' }, trainable: false }, { flags: { stem: false, left: false }, samePredictions: true }],
  ['unfreeze all', golden('nested'), { op: 'setTrainable', layers: 'all', trainable: true },
    { flags: { base: true, 'base/pixels': true, 'base/conv': true, 'base/norm': true, 'base/relu': true, 'base/pool': true }, samePredictions: true }],
  // rename
  ['an output layer', golden('textbook'), { op: 'rename', layer: 'dense_1', name: 'answer' }, { renamed: { dense_1: 'answer' }, outputs: ['answer'], samePredictions: true }],
  ['an inner layer', golden('nested'), { op: 'rename', layer: 'base/conv', name: 'head' }, { renamed: { 'base/conv': 'base/head' }, samePredictions: true }],
  ['a nested model that is called twice', golden('twice'), { op: 'rename', layer: 'encoder', name: 'siamese twin' }, { renamed: { encoder: 'siamese twin' }, samePredictions: true }],
  ['a shared layer', golden('shared'), { op: 'rename', layer: 'twin', name: '雙' }, { renamed: { twin: '雙' }, samePredictions: true }],
  ['to its own name', logits, { op: 'rename', layer: 'body', name: 'body' }, { samePredictions: true }],
];

const refusals: readonly (readonly [string, Model, Operation, string, RegExp])[] = [
  ['several outputs', twoHeads, head, 'operation-refused', /several outputs.*kind, size/],
  ['images without Flatten', image, head, 'operation-refused', /Flatten or GlobalAveragePooling2D is missing/],
  ['an output that joins', siamese, head, 'operation-refused', /joins several tensors/],
  ['a nested model called twice', built(functional({ x: [3] }, [[nested('encoder', sequential([3], [dense('code', 3)])), ['x'], ['encoder:0']]], ['encoder:1'])), head, 'operation-refused', /called more than once.*encoder/],
  ['a shared output layer', built(functional({ x: [4] }, [[dense('twin', 4), ['x'], ['twin:0']]], ['twin:1'])), head, 'operation-refused', /shared/],
  ['no units', logits, { ...head, units: 0 }, 'operation-refused', /units/],
  ['half a unit', logits, { ...head, units: 1.5 }, 'operation-refused', /units/],
  ['an activation that Keras lacks', logits, { ...head, activation: 'sigmo' }, 'operation-refused', /one of linear/],
  ['a name that clashes', logits, { ...head, name: 'body' }, 'operation-refused', /has this name/],
  ['a name with a slash', logits, { ...head, name: 'a/b' }, 'operation-refused', /slash/],
  ['a logits tensor that something else reads', built(functional({ x: [4] }, [
    [dense('logits', 3), ['x']], [layer('Softmax', 'chances'), ['logits']], [layer('ReLU', 'ramp'), ['logits']], [layer('Add', 'sum'), ['ramp', 'ramp']], [nested('out', sequential([3], [layer('ReLU', 'inner')])), ['chances']],
  ], ['chances'])), head, 'operation-refused', /something else needs it|Another layer reads/],
  ['layers whose weights do not fit', residual, { op: 'removeLayers', layers: ['join', 'left', 'right', 'stem', 'out'] }, 'operation-refused', /Nothing would be left/],
  ['a kernel for another size', built(sequential([4], [dense('a', 3), dense('b', 2)])), { op: 'removeLayers', layers: ['a'] }, 'shape-mismatch', /kernel \[4, 2\].*kernel \[3, 2\].*b/],
  ['a nested model for another size', built(sequential([4], [dense('a', 3), nested('b', sequential([3], [dense('c', 2)]))])), { op: 'removeLayers', layers: ['a'] }, 'shape-mismatch', /nested model.*\[null, 3\].*\[null, 4\].*b/],
  ['a pooling that a later model counts on', golden('nested'), { op: 'removeLayers', layers: ['base/pool'] }, 'shape-mismatch', /\[null, 4, 3, 4\].*\[null, 8, 7, 4\].*head/],
  ['one side of a sum', golden('several'), { op: 'removeLayers', layers: ['join'] }, 'operation-refused', /joins several tensors/],
  ['an input', residual, { op: 'removeLayers', layers: ['x'] }, 'operation-refused', /input/],
  ['no layers', residual, { op: 'removeLayers', layers: [] }, 'operation-refused', /No layer/],
  ['both heads into one', twoHeads, { op: 'removeLayers', layers: ['kind', 'size'] }, 'operation-refused', /become one/],
  ['everything inside a nested model', deep, { op: 'removeLayers', layers: ['base/one', 'base/two'] }, 'operation-refused', /Nothing would be left.*base/],
  ['an unknown layer', residual, { op: 'removeLayers', layers: ['lefd'] }, 'layer-unknown', /left/],
  ['an unknown layer to freeze', residual, { op: 'setTrainable', layers: ['stem', 'steam'], trainable: false }, 'layer-unknown', /steam/],
  ['a range backwards', residual, { op: 'setTrainable', layers: { from: 'out', to: 'stem' }, trainable: false }, 'operation-refused', /backwards/],
  ['a rename to a taken name', residual, { op: 'rename', layer: 'left', name: 'right' }, 'operation-refused', /right/],
  ['a rename to an input', residual, { op: 'rename', layer: 'left', name: 'x' }, 'operation-refused', /x/],
  ['a rename to nothing', residual, { op: 'rename', layer: 'left', name: ' ' }, 'operation-refused', /empty/],
  ['weights that nobody reads', residual, { op: 'loadWeights', from: 'w.h5', by: 'name' }, 'operation-refused', /cannot be read/],
];

describe('surgery laws', () => {
  for (const [name, model, operation, changes] of cases) {
    it(`${operation.op}: ${name}`, () => checkSurgeryLaws({ model, operation, changes }));
  }
  for (const [name, model, operation, code, words] of refusals) {
    it(`${operation.op} refuses ${name}`, () => checkRefusal({ model, operation }, code, words));
  }

  for (const by of ['name', 'order'] as const) {
    it(`loadWeights by ${by}: takes the other file's bytes`, () => {
      const other = built(sequential([4], [dense('body', 5, 'relu'), dense('logits', 3), layer('Softmax', 'chances')].map((each) => (by === 'order' && each.name === 'body' ? { ...each, name: 'trunk', config: { ...each.config, name: 'trunk' } } : each))));
      const doubled: Model = { ...other, root: { ...other.root, network: { ...other.root.network, layers: other.root.network.layers.map((each) => ({ ...each, weights: each.weights.map((weight) => ({ ...weight, bytes: weight.bytes.map((byte) => byte ^ 1) })) })) } } };
      return checkSurgeryLaws({ model: logits, operation: { op: 'loadWeights', from: 'w.h5', by }, changes: { weights: ['body', 'logits'] }, readWeights: () => Promise.resolve(doubled) });
    });
  }
});
