import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import { flattenCalls } from '../../../../src/core/layers/flattenCalls';
import { buildForward, neededCalls, type Forward, type ForwardOptions } from '../../../../src/core/layers/forward';
import { isEffectivelyTrainable, walkLayers, type Layer, type Model } from '../../../../src/core/model/model';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { Graph, type Value } from '../../../../src/core/ops/graph';
import { BATCH } from '../../../../src/core/ops/shape';
import { decodeWeight } from '../../../../src/core/weights/decode';
import { interpret } from '../../../../src/engine/reference/interpreter';
import { goldenModel, goldenNetwork, type GoldenNetwork, type GoldenTensor } from '../../../support/goldenNetworks';

interface Built {
  readonly forward: Forward;
  readonly graph: Graph;
  readonly losses: readonly Value[];
  readonly updates: ReadonlyMap<string, Value>;
  readonly asked: readonly string[];
  read(values: readonly Value[]): NumericTensor[];
}

/** The model's forward graph, fed with the golden's inputs. */
function build(model: Model, feeds: GoldenNetwork['feeds'], training: boolean, more: Partial<ForwardOptions> = {}): Built {
  const graph = new Graph();
  const fed = new Map<number, NumericTensor>();
  const inputs = Object.fromEntries(Object.entries(feeds).map(([name, { shape, data }]) => {
    const value = graph.input(name, { shape: [BATCH, ...shape.slice(1)], dtype: 'float32' });
    fed.set(value.id, { shape, data: Float64Array.from(data) });
    return [name, value];
  }));
  const trainable = new Map([...walkLayers(model)].map((placed) => [placed.path, isEffectivelyTrainable(placed)]));
  const losses: Value[] = [];
  const asked: string[] = [];
  const updates = new Map<string, Value>();
  const forward = buildForward(model, {
    inputs,
    training,
    weight: (path, weight) => {
      asked.push(path);
      return graph.constant(decodeWeight(weight));
    },
    isTrainable: (path) => trainable.get(path) ?? false,
    random: () => assert.fail('nothing random was expected'),
    update: (path, next) => updates.set(path, next),
    addLoss: (scalar) => losses.push(scalar),
    ...more,
  });
  const batch = Object.values(feeds).at(0)?.shape[0] ?? 1;
  const read = (values: readonly Value[]): NumericTensor[] => {
    values.forEach((value) => graph.output(`read ${graph.outputs.size}`, value));
    graph.constants.forEach(({ shape, data }, id) => fed.set(id, { shape, data: Float64Array.from(data) }));
    const lookup = interpret(graph.finish(), fed, batch);
    return values.map(({ id }) => lookup(id));
  };
  return { forward, graph, losses, updates, asked, read };
}

function compare(ours: NumericTensor | undefined, theirs: GoldenTensor, what: string): void {
  assert.ok(ours, what);
  assert.deepEqual(ours.shape, theirs.shape, what);
  theirs.data.forEach((expected, index) => {
    const error = Math.abs((ours.data[index] ?? NaN) - expected) / Math.max(1, Math.abs(expected));
    assert.ok(error < 1e-5, `${what}, element ${index}: ${ours.data[index]} instead of ${expected}`);
  });
}

function compareAll(built: Built, values: ReadonlyMap<string, Value> | Readonly<Record<string, Value>>, theirs: Readonly<Record<string, GoldenTensor>>): void {
  const ours = values instanceof Map ? Object.fromEntries(values as Map<string, Value>) : (values as Record<string, Value>);
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  const names = Object.keys(theirs);
  const tensors = built.read(names.map((name) => ours[name]));
  names.forEach((name, index) => compare(tensors[index], theirs[name], name));
}

/** Replaces the layers that the function changes, at any depth. */
function mapModel(model: Model, change: (layer: Layer) => Layer): Model {
  const inside = (layer: Layer): Layer =>
    change(layer.network ? { ...layer, network: { ...layer.network, layers: layer.network.layers.map(inside) } } : layer);
  return { ...model, root: inside(model.root) as Model['root'] };
}

const names = ['textbook', 'shared', 'nested', 'twice', 'several', 'free'];

describe('forward graphs', () => {
  for (const name of names) {
    it(`${name}: predicts what Keras predicts`, () => {
      const golden = goldenNetwork(name);
      const built = build(goldenModel(golden), golden.feeds, false);
      compareAll(built, built.forward.outputs, golden.inference);
      const losses = built.read(built.losses).map(({ data }) => data[0]);
      assert.equal(losses.length, golden.losses.length);
      golden.losses.forEach((loss, index) => assert.ok(Math.abs(losses[index] - loss) < 1e-5 * Math.max(1, loss)));
    });
  }

  for (const name of names.filter((each) => each !== 'textbook')) {
    it(`${name}: computes in training what Keras computes, and moves what Keras moves`, () => {
      const golden = goldenNetwork(name);
      assert.ok(golden.training);
      const model = goldenModel(golden);
      const built = build(model, golden.feeds, true);
      compareAll(built, built.forward.outputs, golden.training.outputs);
      const still = new Map(built.updates);
      for (const path of Object.keys(golden.training.moved)) {
        if (still.has(path)) continue;
        const layer = [...walkLayers(model)].find((placed) => path.startsWith(`${placed.path}/`) && !placed.layer.network)?.layer;
        const weight = layer?.weights.find((each) => path.endsWith(`/${each.name}`));
        assert.ok(weight);
        still.set(path, built.graph.constant(decodeWeight(weight)));
      }
      compareAll(built, still, golden.training.moved);
    });
  }

  it('asks for a shared variable once', () => {
    const golden = goldenNetwork('shared');
    const { asked } = build(goldenModel(golden), golden.feeds, false);
    assert.deepEqual(asked.filter((path) => path === 'twin/kernel'), ['twin/kernel']);
  });

  it('asks the host for dropout’s numbers in training only', () => {
    const golden = goldenNetwork('textbook');
    const asked: unknown[] = [];
    const random: ForwardOptions['random'] = ({ shape, distribution }, path, run) => {
      asked.push([shape, distribution, path, run]);
      return graphOf.input('u', { shape, dtype: 'float32' });
    };
    const graphOf = new Graph();
    const input = graphOf.input('input', { shape: [BATCH, 6, 5], dtype: 'float32' });
    const model = goldenModel(golden);
    buildForward(model, {
      inputs: { [model.root.network.inputs[0]?.name ?? '']: input },
      training: true,
      weight: (_path, weight) => graphOf.constant(decodeWeight(weight)),
      isTrainable: () => false,
      random,
      update: () => assert.fail('frozen layers do not move'),
      addLoss: () => undefined,
    });
    assert.deepEqual(asked, [[[BATCH, 8], 'uniform', 'dropout', 0]]);
  });
});

describe('cutting a forward graph', () => {
  const golden = goldenNetwork('nested');
  const model = goldenModel(golden);
  const flat = flattenCalls(model);

  it('lists every run of every layer in order, nested models resolved', () => {
    assert.deepEqual(flat.calls.map(({ path }) => path), ['scale', 'base/conv', 'base/norm', 'base/relu', 'base/pool', 'head/gap', 'head/classes']);
    assert.deepEqual(flat.calls[1]?.inputs, ['scale:0:0']);
    assert.deepEqual(flat.inputs, [{ name: 'image', key: '@image' }]);
    assert.deepEqual(flat.outputs, [{ name: 'head', key: 'head/classes:0:0' }]);
  });

  it('counts the runs of a layer inside a model that is called twice', () => {
    const { calls } = flattenCalls(goldenModel(goldenNetwork('twice')));
    assert.deepEqual(calls.map(({ path, run }) => [path, run]), [['encoder/code', 0], ['encoder/norm', 0], ['encoder/code', 1], ['encoder/norm', 1], ['both', 0]]);
  });

  it('goes on from a cut, and gives the same', () => {
    const cut = 'base/pool:0:0';
    const before = build(model, golden.feeds, false, { want: [cut] });
    assert.deepEqual(before.forward.outputs, {});
    const [cached] = before.read([before.forward.tensors.get(cut) as Value]);
    assert.ok(cached);
    const graph = new Graph();
    const known = graph.input('cached', { shape: [BATCH, ...cached.shape.slice(1)], dtype: 'float32' });
    const asked: string[] = [];
    const { outputs } = buildForward(model, {
      inputs: {},
      training: false,
      weight: (path, weight) => {
        asked.push(path);
        return graph.constant(decodeWeight(weight));
      },
      isTrainable: () => true,
      random: () => assert.fail(),
      update: () => undefined,
      addLoss: () => undefined,
      known: new Map([[cut, known]]),
    });
    assert.deepEqual(asked, ['head/classes/kernel', 'head/classes/bias']);
    graph.output('y', outputs['head']);
    const feeds = new Map<number, NumericTensor>([[known.id, cached]]);
    graph.constants.forEach(({ shape, data }, id) => feeds.set(id, { shape, data: Float64Array.from(data) }));
    compare(interpret(graph.finish(), feeds, 3)((outputs['head']).id), golden.inference['head'], 'head');
  });

  it('leaves out what a wanted tensor does not need', () => {
    const several = flattenCalls(goldenModel(goldenNetwork('several')));
    assert.deepEqual(neededCalls(several, ['join:0:0'], new Set(['flat:0:0'])).map(({ path }) => path), ['join']);
  });
});

describe('what a forward graph refuses', () => {
  const golden = goldenNetwork('nested');
  const model = goldenModel(golden);
  const refuses = (what: string, broken: Model, [code, where]: readonly [code: string, where: string], feeds = golden.feeds): void => {
    it(what, () => {
      assert.throws(() => build(broken, feeds, false), (error) => {
        assert.ok(error instanceof SurgeryError, String(error));
        assert.deepEqual([error.code, error.where], [code, where]);
        assert.ok(error.expected !== undefined && error.received !== undefined);
        return true;
      });
    });
  };
  const changed = (name: string, change: (layer: Layer) => Layer): Model => mapModel(model, (layer) => (layer.name === name ? change(layer) : layer));

  refuses('an opaque layer, by its path', changed('relu', (layer) => ({ ...layer, opaque: 'a custom class' })), ['layer-opaque', 'base/relu']);
  refuses('a class that nobody knows', changed('relu', (layer) => ({ ...layer, className: 'Mine' })), ['layer-opaque', 'base/relu']);
  refuses('a missing variable', changed('conv', (layer) => ({ ...layer, weights: layer.weights.slice(1) })), ['weight-missing', 'base/conv']);
  refuses('a variable too many', changed('relu', (layer) => ({ ...layer, weights: model.root.network.layers[0]?.weights.concat([{ name: 'k', shape: [], dtype: 'float32', trainable: true, bytes: new Uint8Array(4) }]) ?? [] })), ['weight-mismatch', 'base/relu']);
  refuses('a variable of another shape', changed('classes', (layer) => ({ ...layer, config: { ...layer.config, units: 4 } })), ['weight-mismatch', 'head/classes/kernel']);
  refuses('a config that Keras would not write', changed('classes', (layer) => ({ ...layer, config: { ...layer.config, units: 'three' } })), ['config-invalid', 'head/classes.units']);
  refuses('an input of another shape', model, ['shape-mismatch', 'image'], { image: { shape: [3, 8, 7, 1], data: new Array<number>(168).fill(0) } });
  refuses('an input that is not fed', model, ['data-mismatch', '@image'], {});
  refuses('a layer whose input does not fit it', changed('pool', (layer) => ({ ...layer, config: { ...layer.config, pool_size: [9, 9] } })), ['shape-mismatch', 'base/pool']);

  it('an argument that no layer takes', () => {
    const { network } = model.root;
    const calls = network.calls.map((call) => (call.layer === 'scale' ? { ...call, kwargs: { initial_state: call.args[0] } } : call));
    const masked = { ...model, root: { ...model.root, network: { ...network, calls } } };
    assert.throws(() => build(masked, golden.feeds, false), (error) => error instanceof SurgeryError && error.code === 'unsupported' && error.where === 'scale');
  });

  it('a graph that reads what nothing gives', () => {
    const { network } = model.root;
    const torn = { ...model, root: { ...model.root, network: { ...network, calls: network.calls.slice(1) } } };
    assert.throws(() => flattenCalls(torn), (error) => error instanceof SurgeryError && error.code === 'format-broken');
  });
});
