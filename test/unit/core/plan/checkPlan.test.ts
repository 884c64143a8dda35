import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Model } from '../../../../src/core/model/model';
import { checkPlan, type PlanFacts } from '../../../../src/core/plan/checkPlan';
import { readPath, showPath } from '../../../../src/core/plan/jsonPath';
import { placeOf } from '../../../../src/core/plan/planText';
import { checkPlanText, parsePlan, planJsonSchema } from '../../../../src/core/plan/schema';
import { SurgeryError } from '../../../../src/core/errors';
import { built, dense, functional, layer, sequential } from '../surgery/models';

const project = new URL('../../../../', import.meta.url);
const sample = readFileSync(new URL('samples/fashion-mnist/transfer.surgery.json', project), 'utf8');

/** The sample's text with one piece replaced; fails where the piece is not there. */
function replaced(...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  }, sample);
}

const head = '[{ "op": "replaceHead", "units": 1, "activation": "sigmoid" }]';
const textbook = built(sequential([28, 28], [
  layer('Flatten', 'flatten'), dense('dense', 6, 'selu'), layer('Dropout', 'dropout', { rate: 0.1 }), dense('dense_1', 5, 'selu'), dense('dense_2', 8, 'softmax'),
]));
const two = built(functional({ image: [4], meta: [2] }, [
  [layer('Concatenate', 'join'), ['image', 'meta']],
  [dense('kind', 3, 'softmax'), ['join']],
  [dense('size', 1), ['join']],
], ['kind', 'size']));

/** What is wrong with the form of a text, as places; with the words of the first that match. */
const wrongForms: readonly (readonly [string, string, readonly string[], RegExp])[] = [
  ['zero epochs', replaced(['"epochs": 4', '"epochs": 0']), ['phases[0].epochs'], /1 or more/],
  ['a batch of 0 and half an epoch', replaced(['"batchSize": 32', '"batchSize": 0'], ['"epochs": 16', '"epochs": 1.5']), ['phases[0].batchSize', 'phases[1].epochs'], /1 or more.*whole number/],
  ['a negative rate', replaced(['0.0001', '-0.0001']), ['phases[1].optimizer.config.learning_rate'], /negative/],
  ['unknown keys', replaced(['"seed": 0', '"seed": 0, "epoch": 3, "lr": 1'], ['"epochs": 4,', '"epochs": 4, "batch_size": 3,']), ['phases[0].batch_size', 'epoch', 'lr'], /known here: .*batchSize/],
  ['an unknown operation', replaced([head, '[{ "op": "graft" }, { "units": 3 }]']), ['operations[0].op', 'operations[1].op'], /replaceHead/],
  ['an activation that Keras lacks', replaced(['"sigmoid"', '"sigmo"']), ['operations[0].activation'], /sigmoid/],
  ['what is missing', '{ "version": 1 }', ['model', 'data', 'compile', 'phases'], /is missing/],
  ['another version', replaced(['"version": 1', '"version": 2']), ['version'], /must be 1/],
  ['a list of layers with a number', replaced(['"nothing"', '["dense", 3]']), ['phases[1].freeze[1]'], /string/],
  ['half a range', replaced(['"nothing"', '{ "from": "dense", "until": "x" }']), ['phases[1].freeze.to', 'phases[1].freeze.until'], /missing/],
  ['a word that freezes nothing', replaced(['"nothing"', '"none"']), ['phases[1].freeze'], /all but head/],
  ['a class without number', replaced(['"6": 1', '"6": "1"']), ['data.train.classes["6"]'], /number/],
  ['no samples to take', replaced(['"take": 200', '"take": 0']), ['data.train.take'], /1 or more/],
  ['no phases', replaced(['"phases": [', '"phases": [], "rest": [']), ['phases', 'rest'], /one phase or more/],
  ['a key that stands twice', replaced(['"seed": 0', '"seed": 0, "seed": 1'], ['"epochs": 4', '"epochs": 4, "epochs": 5']), ['phases[0].epochs', 'seed'], /twice/],
  ['text that is no JSON', '{\n  "version": 1,\n}', ['line 3, column 1'], /no JSON/],
  ['no text', '', ['line 1, column 1'], /no JSON/],
  ['a list', '[]', ['$'], /object/],
  ['a tower of brackets', '['.repeat(200000), ['$'], /deeper/],
];

/** Plans whose form is right, and which cannot be run all the same. */
const wrongMeanings: readonly (readonly [string, string, PlanFacts, readonly string[], RegExp])[] = [
  ['unknown layers', replaced(['"nothing"', '["dense", "dens_1", "nope"]']), { model: textbook }, ['phases[1].freeze[1]', 'phases[1].freeze[2]'], /dense_1/],
  ['a layer that an operation took', replaced(['"nothing"', '["dense_2"]']), { model: textbook }, ['phases[1].freeze[0]'], /no layer/],
  ['unknown layers of operations', replaced([head, '[{ "op": "rename", "layer": "x", "name": "y" }, { "op": "setTrainable", "layers": ["a", "dense"], "trainable": false }]']), { model: textbook },
    ['operations[0].layer', 'operations[1].layers[0]'], /no layer/],
  ['a rename to a taken name', replaced([head, '[{ "op": "rename", "layer": "dense", "name": "dense_1" }]']), { model: textbook }, ['operations[0].name'], /has this name/],
  ['a removal that does not fit', replaced([head, '[{ "op": "removeLayers", "layers": ["dense"] }]']), { model: textbook }, ['operations[0].layers'], /kernel/],
  ['a head for two outputs', sample, { model: two }, ['operations[0]'], /several outputs/],
  ['a range backwards', replaced(['"nothing"', '{ "from": "dense_1", "to": "dense" }']), { model: textbook }, ['phases[1].freeze'], /backwards/],
  ['nothing to train', replaced(['"nothing"', '"all"']), { model: textbook }, ['phases[1].freeze'], /nothing to train/],
  ['more samples than there are', sample, { samples: { train: 199, validation: 3, test: 0 } }, ['data.train.take', 'data.test'], /at most 199/],
  ['an optimizer, a loss and a metric that are not known', replaced(['"SGD"', '"SDG"'], ['"binary_crossentropy"', '"bin"'], ['"accuracy"', '"acuracy"']), {}, ['compile.loss', 'compile.metrics[0]', 'phases[0].optimizer'], /bin/],
  ['settings out of range', replaced(['"learning_rate": 0.01', '"learning_rate": 0.01, "momentum": 2'],
    ['"learning_rate": 0.0001', '"learning_rate": { "class_name": "CosineDecay", "config": { "initial_learning_rate": -1, "decay_steps": 3 } }']), {},
  ['phases[0].optimizer.config.momentum', 'phases[1].optimizer.config.learning_rate.config.initial_learning_rate'], /from 0 to 1/],
  ['settings for outputs that are not there', replaced(['"binary_crossentropy"', '{ "head": "binary_crossentropy", "tail": "mse" }'], ['["accuracy"]', '{ "tails": ["mae"] }']), { model: textbook },
    ['compile.loss.tail', 'compile.metrics.tails'], /head/],
  ['inputs and targets by other names', replaced([head, '[]'], ['"pool-images.idx3.gz"', '{ "image": "a.npy", "mate": "b.npy" }']), { model: two },
    ['data.train.inputs.mate', 'data.train.inputs', 'data.train.targets', 'data.validation.inputs', 'data.validation.targets', 'data.test.inputs', 'data.test.targets'], /meta/],
];

async function meaningOf(text: string, facts: PlanFacts): Promise<readonly { where: string; message: string }[]> {
  return checkPlan(parsePlan(text, 'x'), facts);
}

describe('wrong plans', () => {
  for (const [name, text, places, words] of wrongForms) {
    it(`${name}: ${places.join(', ')}`, () => {
      const checked = checkPlanText(text);
      assert.ok('mistakes' in checked);
      assert.deepEqual(checked.mistakes.map(({ where }) => where), places);
      assert.match(checked.mistakes.map(({ message }) => message).join(' '), words);
    });
  }
  for (const [name, text, facts, places, words] of wrongMeanings) {
    it(`${name}: ${places.join(', ')}`, async () => {
      const mistakes = await meaningOf(text, facts);
      assert.deepEqual(mistakes.map(({ where }) => where), places);
      assert.match(mistakes.map(({ message }) => message).join(' '), words);
    });
  }

  it('are one error with all mistakes in it', () => {
    assert.throws(() => parsePlan(wrongForms[1][1], 'a.surgery.json'), (thrown) => {
      assert.ok(thrown instanceof SurgeryError);
      const { code, where, problems } = thrown.toRecord();
      assert.equal(code, 'plan-invalid');
      assert.match(where ?? '', /^a\.surgery\.json .*phases\[0\]\.batchSize, phases\[1\]\.epochs/);
      assert.deepEqual(problems?.map((problem) => problem.where), wrongForms[1][2]);
      return true;
    });
  });
});

describe('right plans', () => {
  const right = async (text: string, model: Model): Promise<void> => assert.deepEqual(await meaningOf(text, { model, samples: { train: 200 } }), []);

  it('the sample', () => right(sample, textbook));
  it('a rate of 0', () => right(replaced(['0.01', '0']), textbook));
  it('a byte order mark', () => right(`\uFEFF${sample}`, textbook));
  it('later operations see earlier ones', () => right(replaced([head, `[{ "op": "rename", "layer": "dense", "name": "trunk" }, { "op": "setTrainable", "layers": { "from": "trunk", "to": "dropout" }, "trainable": false }]`], ['"nothing"', '"as set"']), textbook));
  it('weights that are read later', () => right(replaced([head, '[{ "op": "loadWeights", "from": "w.h5", "by": "order" }]']), textbook));
  it("Keras' configs, lists and objects by output", () => right(replaced([head, '[]'], ['"binary_crossentropy"', '{ "kind": "sparse_categorical_crossentropy", "size": { "class_name": "MeanSquaredError", "config": {} } }'], ['["accuracy"]', '[["accuracy"], []]'])
    .replace(/"inputs": "[^"]*"/g, '"inputs": { "image": "a.npy", "meta": "b.npy" }').replace(/"targets": "[^"]*"/g, '"targets": { "kind": "c.npy", "size": "d.npy" }'), two));
});

describe('places of a plan', () => {
  it('are read as they are written', () => {
    for (const steps of [[], ['phases', 1, 'epochs'], ['data', 'train', 'classes', '5'], ['compile', 'loss', 'a "b".c[0]'], ['$schema']]) assert.deepEqual(readPath(showPath(steps)), steps);
    assert.equal(showPath(['phases', 1, 'freeze', 0]), 'phases[1].freeze[0]');
  });

  it('stand in the text', () => {
    const text = '{\r\n  "phases": [\n    { "epochs": 0, "x y": 1 }\n  ]\n}';
    assert.deepEqual(placeOf(text, 'phases[0].epochs'), { offset: text.indexOf('0'), length: 1, line: 3, column: 17 });
    assert.equal(placeOf(text, 'phases[0]["x y"]')?.column, 27);
    assert.deepEqual(placeOf(text, 'phases[0].batchSize'), { offset: text.indexOf('{ "ep'), length: 25, line: 3, column: 5 });
    assert.equal(placeOf(text, 'phases[7].epochs')?.line, 2);
    assert.equal(placeOf(text, '$')?.offset, 0);
    assert.equal(placeOf('', 'phases'), null);
  });
});

describe('the JSON schema of plans', () => {
  it('is the one that the editor is given', () => {
    const written = JSON.parse(readFileSync(new URL('media/surgery.schema.json', project), 'utf8')) as unknown;
    assert.deepEqual(written, JSON.parse(JSON.stringify(planJsonSchema())), 'run `npx tsx scripts/schema.ts`');
  });
});
