import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationModule } from '../../../../src/core/formats/operationModule';
import { writeOldConfig } from '../../../../src/core/formats/oldConfig';
import { parsePythonJson, writePythonJson } from '../../../../src/core/formats/pythonJson';
import { writeLayer } from '../../../../src/core/formats/writeConfig';
import { readZip } from '../../../../src/core/formats/zip';
import { outputSpecs } from '../../../../src/core/inspect/outputShapes';
import { operationsNotRun } from '../../../../src/core/layers/operations/notRun';
import { operationDefinitions } from '../../../../src/core/layers/operations/registry';
import { whyOpaque } from '../../../../src/core/layers/registry';
import type { Json, JsonObject } from '../../../../src/core/model/json';
import { walkLayers, type Layer } from '../../../../src/core/model/model';
import { projectRoot } from '../../../support/cached';
import { operationGolden, operationModel, operationModels } from '../../../support/operationGoldens';

/** The text of every layer of a Functional config, inputs apart, by name. */
function nodesOf(entry: Json): Record<string, string> {
  const { layers } = (entry as { readonly config: { readonly layers: readonly JsonObject[] } }).config;
  const nodes = layers.filter((layer) => layer['class_name'] !== 'InputLayer');
  return Object.fromEntries(nodes.map((layer) => [JSON.stringify(layer['name']), writePythonJson(layer)]));
}

describe('operations as nodes of a graph', () => {
  const keras3 = operationModels().filter((name) => name.endsWith('.keras'));

  it('are all in a model of Keras', async () => {
    const models = await Promise.all(keras3.map(operationModel));
    const seen = new Set(models.flatMap(({ root }) => root.network.layers.filter(({ operation }) => operation).map(({ className }) => className)));
    // Keras makes these of other calls, or writes the same under another class.
    const never = ['Abs', 'Conj', 'Divide', 'TrueDivide'];
    assert.deepEqual(operationDefinitions.map(({ className }) => className).filter((name) => !seen.has(name) && !never.includes(name)), []);
  });

  it('are found again where an .h5 names their class alone', async () => {
    const entries = (await Promise.all(keras3.map(operationModel))).flatMap(({ root }) => root.network.layers.filter(({ operation }) => operation));
    assert.ok(entries.some(({ config }) => 'dtype' in config));
    for (const { className, config, envelope } of entries) assert.equal(operationModule(className, config), envelope['module'], className);
  });

  it('are of the modules that Keras has them in; every other class of Keras has its reason', () => {
    const { modules } = JSON.parse(readFileSync(join(projectRoot, 'scripts/kerasOperations.json'), 'utf8')) as { modules: Record<string, readonly string[]> };
    const known = new Set(operationDefinitions.map(({ className }) => className));
    const homes = Object.entries(modules).flatMap(([module, names]) => names.map((name) => [name, `keras.src.ops.${module}`] as const));
    const [run, refused] = [homes.filter(([name]) => known.has(name)), homes.filter(([name]) => !known.has(name))];
    for (const [name, module] of run) assert.equal(operationModule(name, {}), module, name);
    assert.deepEqual(refused.map(([name]) => name).sort(), Object.keys(operationsNotRun).sort());
  });

  it('have no ellipsis in an .h5, which Keras could not load', async () => {
    const model = await operationModel('indexing.keras');
    assert.match(JSON.stringify(writeLayer(model.root)), /__ellipsis__/);
    assert.doesNotMatch(JSON.stringify(writeOldConfig(model.root, 'keras')), /__ellipsis__/);
  });

  it('bear names that no other operation bears', () => {
    const names = operationDefinitions.map(({ className }) => className);
    assert.equal(new Set(names).size, names.length);
  });

  for (const file of operationModels()) {
    it(`${file}: shapes and element types as Keras has them, no layer listed but the inputs`, async () => {
      const model = await operationModel(file);
      const golden = operationGolden(file);
      const { outputs } = outputSpecs(model);
      // `keras.ops.slice` names the batch, whose size a program leaves free.
      assert.deepEqual(outputs.map(({ shape }) => shape), golden.shapes.map((shape) => shape.map((size, axis) => (axis === 0 && size === 3 ? null : size))));
      assert.deepEqual(outputs.map(({ dtype }) => dtype === 'float32'), golden.floats);
      assert.ok([...walkLayers(model)].every(({ layer }) => layer.className === 'InputLayer'));
    });
  }

  for (const file of keras3) {
    it(`${file}: written again, each node is the same byte for byte`, async () => {
      const { root } = await operationModel(file);
      const members = readZip(readFileSync(join(projectRoot, 'test/keras/golden/operations', file)), (name) => name === 'config.json');
      const original = parsePythonJson(new TextDecoder().decode(members.get('config.json')), file);
      assert.deepEqual(nodesOf(writeLayer(root)), nodesOf(original));
    });
  }

  it('are opaque by name where they are not known', () => {
    const layer: Layer = { name: 'qr', className: 'Qr', envelope: { module: 'keras.src.ops.linalg' }, config: {}, trainable: true, weights: [], operation: true };
    assert.match(whyOpaque(layer) ?? '', /Qr is not run: it decomposes/);
  });
});
