import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { SurgeryError } from '../../src/core/errors';
import { outputSpecs } from '../../src/core/inspect/outputShapes';
import { flattenCalls } from '../../src/core/layers/flattenCalls';
import { buildForward } from '../../src/core/layers/forward';
import { isEffectivelyTrainable, walkLayers, weightPaths, type Layer, type Model, type Network } from '../../src/core/model/model';
import { Graph } from '../../src/core/ops/graph';
import { BATCH } from '../../src/core/ops/shape';
import type { Operation } from '../../src/core/surgery/operation';
import { applyOperation } from '../../src/core/surgery/operations';
import { RandomStream } from '../../src/core/training/random';
import { decodeWeight } from '../../src/core/weights/decode';
import { ReferenceEngine } from '../../src/engine/reference/referenceEngine';

/** What an operation may change; everything else must stay. */
export interface Changes {
  /** Old path to new path of layers that are renamed; layers inside them follow. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Paths, in the old model, of layers that go with everything inside. */
  readonly removed?: readonly string[];
  /** Paths, in the new model, of layers that come. */
  readonly added?: readonly string[];
  /** Own flags that change, by path in the new model. */
  readonly flags?: Readonly<Record<string, boolean>>;
  /** Paths, in the new model, of layers that have other weights. */
  readonly weights?: readonly string[];
  /** Names of the outputs afterwards, where they change. */
  readonly outputs?: readonly string[];
  /** The model still computes the same numbers. */
  readonly samePredictions?: boolean;
  /** The same numbers but for rounding: at most this far off. */
  readonly nearPredictions?: number;
}

export interface SurgeryCase {
  readonly model: Model;
  readonly operation: Operation;
  readonly changes: Changes;
  readonly seed?: number;
  readonly readWeights?: (from: string) => Promise<Model>;
}

/** What holds for every operation on every model. Gives the edited model. */
export async function checkSurgeryLaws({ model, operation, changes, seed = 7, readWeights }: SurgeryCase): Promise<Model> {
  const context = { seed, ...(readWeights ? { readWeights } : {}) };
  const source = freeze(model);
  const before = snapshot(source);
  const result = await applyOperation(source, freeze(operation), context);
  assert.equal(snapshot(source), before, 'the source is untouched');
  assert.equal(snapshot(result.undo), before, 'undo gives the old model');
  const read = JSON.parse(JSON.stringify(operation)) as Operation;
  assert.deepEqual(read, operation, 'the operation is plain data');
  assert.equal(snapshot((await applyOperation(source, read, context)).model), snapshot(result.model), 'applied again it gives the same bytes');
  checkSound(result.model);
  checkLayers(source, result.model, changes);
  assert.deepEqual(result.model.root.network.outputs.map(({ name }) => name), changes.outputs ?? source.root.network.outputs.map(({ name }) => name), 'names of the outputs');
  if (changes.samePredictions) assert.deepEqual(await predict(result.model), await predict(source), 'predictions');
  if (changes.nearPredictions !== undefined) requireNear(await predict(result.model), await predict(source), changes.nearPredictions);
  return result.model;
}

function requireNear(found: readonly number[][], expected: readonly number[][], tolerance: number): void {
  assert.deepEqual(found.map(({ length }) => length), expected.map(({ length }) => length));
  found.flat().forEach((value, index) => assert.ok(Math.abs(value - expected.flat()[index]) <= tolerance, `${value} for ${expected.flat()[index]}`));
}

/** An operation that is refused changes nothing and says why in our own words. */
export async function checkRefusal({ model, operation, seed = 7 }: Omit<SurgeryCase, 'changes'>, code: string, words: RegExp): Promise<void> {
  const source = freeze(model);
  const before = snapshot(source);
  await assert.rejects(applyOperation(source, operation, { seed }), (thrown) => {
    assert.ok(thrown instanceof SurgeryError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(`${thrown.message} ${thrown.expected} ${thrown.received} ${thrown.where}`, words);
    return true;
  });
  assert.equal(snapshot(source), before);
}

/** Names are unique, each call reads what a call before it gives, calls are counted without gaps, shapes are known. */
function checkSound(model: Model): void {
  const visit = (network: Network, path: string): void => {
    const names = network.layers.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, `unique names in ${path}`);
    for (const name of names) {
      const numbers = network.calls.filter(({ layer }) => layer === name).map(({ call }) => call).sort((a, b) => a - b);
      assert.deepEqual(numbers, numbers.map((_, index) => index), `calls of ${path}${name}`);
      const layer = network.layers.find((each) => each.name === name);
      if (!layer?.network) assert.equal(layer?.config.name, name, 'the name in the config');
    }
    network.outputs.forEach(({ ref }) => assert.ok(network.kind === 'sequential' || names.includes(ref.layer), `output ${ref.layer}`));
    network.layers.forEach((layer) => { if (layer.network) visit(layer.network, `${path}${layer.name}/`); });
    if (network.kind === 'sequential') checkChain(network);
  };
  visit(model.root.network, '');
  flattenCalls(model);
  outputSpecs(model).outputs.forEach(({ shape }) => assert.ok(shape, 'the shapes of the outputs are known'));
}

function checkChain({ layers, calls, inputs, outputs }: Network): void {
  const chain = [inputs[0].ref.layer, ...layers.map(({ name }) => name)];
  assert.deepEqual(calls.map(({ layer }) => layer), chain.slice(1));
  calls.forEach(({ args: [read] }, index) => assert.equal(read.kind === 'tensor' && read.layer, chain[index]));
  assert.equal(outputs[0].ref.layer, chain.at(-1));
}

function checkLayers(before: Model, after: Model, changes: Changes): void {
  const { renamed = {}, removed = [], added = [], flags = {}, weights = [] } = changes;
  const follow = (path: string): string => {
    const old = Object.keys(renamed).find((name) => path === name || path.startsWith(`${name}/`));
    return old === undefined ? path : renamed[old] + path.slice(old.length);
  };
  const stays = [...walkLayers(before)].filter(({ path }) => !removed.some((gone) => path === gone || path.startsWith(`${gone}/`)));
  const now = new Map([...walkLayers(after)].map(({ path, layer }) => [path, layer]));
  assert.deepEqual([...now.keys()].sort(), [...stays.map(({ path }) => follow(path)), ...added].sort(), 'the layers that are there');
  for (const { path, layer } of stays) {
    const next = follow(path);
    const other = now.get(next);
    assert.ok(other, next);
    assert.equal(other.className, layer.className);
    assert.equal(other.trainable, flags[next] ?? layer.trainable, `flag of ${next}`);
    if (!weights.includes(next)) assert.deepEqual(hashes(next, other), hashes(next, layer), `weights of ${next}`);
    else assert.notDeepEqual(hashes(next, other), hashes(next, layer), `weights of ${next} have changed`);
  }
}

function hashes(path: string, layer: Layer): Record<string, string> {
  const paths = weightPaths(path, layer);
  return Object.fromEntries(layer.weights.map(({ bytes, shape, dtype, trainable }, index) => [paths[index], `${dtype} [${shape.join()}] ${trainable} ${sha256(bytes)}`]));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The whole model as text, bytes by their hash. */
export function snapshot(model: Model): string {
  return JSON.stringify(model, (_key, value: unknown) => (value instanceof Uint8Array ? sha256(value) : value));
}

/** Writing to the source throws from now on. Views of bytes cannot be frozen; the snapshots look after them. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
  return value;
}

/** Own paths of layers that are effectively frozen. */
export function frozenPaths(model: Model): string[] {
  return [...walkLayers(model)].filter((placed) => !isEffectivelyTrainable(placed)).map(({ path }) => path);
}

/** Predictions of two samples in the order of the outputs: reference engine, inputs drawn by a fixed seed. */
export async function predict(model: Model): Promise<number[][]> {
  const graph = new Graph();
  const draw = new RandomStream(5, 'inputs');
  const sizes = new Map(model.root.network.inputs.map(({ name, shape }) => [name, shape.slice(1).map((size) => size ?? 6)]));
  const inputs = Object.fromEntries([...sizes].map(([name, shape]) => [name, graph.input(name, { shape: [BATCH, ...shape], dtype: 'float32' })]));
  const { outputs } = buildForward(model, {
    inputs,
    training: false,
    weight: (_path, weight) => graph.constant(decodeWeight(weight)),
    isTrainable: () => false,
    random: () => assert.fail('inference draws nothing'),
    update: () => {},
    addLoss: () => {},
  });
  const names = model.root.network.outputs.map(({ name }) => name);
  names.forEach((name) => graph.output(name, outputs[name]));
  const compiled = await new ReferenceEngine().compile(graph.finish());
  const feeds = Object.fromEntries([...sizes].map(([name, shape]) => {
    const full = [2, ...shape];
    return [name, { dtype: 'float32' as const, shape: full, data: draw.uniforms(full.reduce((product, size) => product * size, 1)) }];
  }));
  const [step] = await compiled.run([feeds]);
  await compiled.dispose();
  return names.map((name) => [...step[name].data]);
}
