import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import { type Model, walkLayers, weightPaths } from '../../../../src/core/model/model';
import type { CompiledProgram, Engine } from '../../../../src/core/ports';
import type { PhasePlan } from '../../../../src/core/plan/plan';
import type { RunEventBody } from '../../../../src/core/run/events';
import { type RunOptions, runPlan } from '../../../../src/core/run/runPlan';
import { requireFrozenStill, writeReceipt, hashWeights } from '../../../../src/core/run/receipt';
import { setFlags } from '../../../../src/core/surgery/flags';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';
import { fitModel, fitOptions, goldenFit, sha256 } from './goldenFits';

type Of<T extends RunEventBody['type']> = Extract<RunEventBody, { type: T }>;

function only<T extends RunEventBody['type']>(events: readonly RunEventBody[], type: T): Of<T>[] {
  return events.filter((event): event is Of<T> => event.type === type);
}

const sgd = (rate: number): PhasePlan['optimizer'] => ({ class_name: 'SGD', config: { learning_rate: rate } });

/** The recipe of the book: head first, then everything, lower. */
function twoPhases(events: RunEventBody[] = [], change: Partial<RunOptions> = {}): RunOptions {
  const options = fitOptions(goldenFit('sgd'), new ReferenceEngine(), events);
  return {
    ...options,
    plan: {
      compile: options.plan.compile,
      phases: [
        { name: 'head', freeze: 'all but head', optimizer: sgd(0.1), epochs: 2, batchSize: 8 },
        { freeze: 'nothing', optimizer: { class_name: 'Adam', config: { learning_rate: 0.001 } }, epochs: 3, batchSize: 8 },
      ],
    },
    data: { ...options.data, ...(options.data.validation ? { test: options.data.validation } : {}) },
    ...change,
  };
}

function bytesOf(model: Model): string[] {
  return [...walkLayers(model)].flatMap(({ path, layer }) => weightPaths(path, layer).map((name, i) => `${name} ${sha256(layer.weights[i].bytes)}`));
}

/** Every look at it takes longer than a chunk of steps may: steps then run one by one. */
function slowClock(): { now(): number } {
  let time = 0;
  return { now: () => (time += 30) };
}

/** Does something after so many steps of training. */
class WatchedEngine implements Engine {
  readonly name = 'reference';
  readonly version = '1';
  private readonly inner = new ReferenceEngine();
  steps = 0;

  constructor(private readonly watch: (steps: number) => void) {}

  async compile(program: Parameters<Engine['compile']>[0]): Promise<CompiledProgram> {
    const compiled = await this.inner.compile(program);
    const training = program.inputs.some(({ name }) => name.startsWith('rate/'));
    return {
      writeState: (states) => compiled.writeState(states),
      readState: (names) => compiled.readState(names),
      dispose: () => compiled.dispose(),
      run: async (steps) => {
        const outputs = await compiled.run(steps);
        if (training) this.watch((this.steps += steps.length));
        return outputs;
      },
    };
  }

  dispose(): Promise<void> {
    return this.inner.dispose();
  }
}

describe('runPlan', () => {
  it('tells the two phases by events, in order', async () => {
    const events: RunEventBody[] = [];
    const { end, last, best } = await runPlan(twoPhases(events));
    const kinds = events.map(({ type }) => type).filter((type) => type !== 'progress');
    assert.deepEqual(kinds, ['start', 'phase', 'epoch', 'epoch', 'receipt', 'not-converged', 'phase', 'epoch', 'epoch', 'epoch', 'receipt', 'result']);
    const [start] = only(events, 'start');
    assert.deepEqual({ samples: start.samples, phases: start.phases, epochs: start.epochs }, { samples: { train: 20, validation: 11, test: 11 }, phases: 2, epochs: 5 });
    const [head, whole] = only(events, 'phase');
    assert.deepEqual([head.name, head.frozen, head.trainable], ['head', ['hidden'], ['classes']]);
    assert.deepEqual([whole.name, whole.frozen, whole.trainable], ['phase 2', [], ['hidden', 'classes']]);
    assert.deepEqual(only(events, 'epoch').map(({ phase, epoch, learningRate }) => [phase, epoch, learningRate]), [[1, 1, 0.1], [1, 2, 0.1], [2, 1, 0.001], [2, 2, 0.001], [2, 3, 0.001]]);
    assert.equal(end, events.at(-1));
    assert.ok(end.type === 'result' && end.test !== null && end.samples === 11 && end.best !== null);
    assert.deepEqual(last.compile?.optimizer, { class_name: 'Adam', config: { learning_rate: 0.001 } });
    assert.equal(last.optimizerVariables.length, 2 + 2 * 4);
    assert.ok(best);
  });

  it('gives a receipt of every weight', async () => {
    const events: RunEventBody[] = [];
    const options = twoPhases(events);
    const { last } = await runPlan(options);
    const [head, whole] = only(events, 'receipt');
    assert.equal(head.ok, true);
    assert.deepEqual(head.frozen.map(({ weight }) => weight), ['hidden/kernel', 'hidden/bias']);
    assert.deepEqual(head.moved.map(({ weight }) => weight), ['classes/kernel', 'classes/bias']);
    assert.ok(head.moved.every(({ before, after, change }) => before !== after && change > 0 && change < 1));
    assert.deepEqual(whole.frozen, []);
    assert.equal(whole.moved.length, 4);
    const source = bytesOf(options.model);
    assert.ok(head.frozen.every(({ weight, before }) => source.includes(`${weight} ${before}`)), 'hashes are those of the stored bytes');
    const trained = bytesOf(last);
    assert.ok(whole.moved.every(({ weight, after }) => trained.includes(`${weight} ${after}`)));
  });

  it('`as set` means the flags before the first phase, not those that a phase left', async () => {
    const events: RunEventBody[] = [];
    const options = twoPhases(events);
    const phases = options.plan.phases.map((phase, index): PhasePlan => (index === 1 ? { ...phase, freeze: 'as set' } : phase));
    await runPlan({ ...options, model: setFlags(options.model, ['classes'], false), plan: { ...options.plan, phases } });
    assert.deepEqual(only(events, 'phase').map(({ frozen }) => frozen), [['hidden'], ['classes']]);
  });

  it('leaves the source model as it was', async () => {
    const options = twoPhases();
    const before = bytesOf(options.model);
    await runPlan(options);
    assert.deepEqual(bytesOf(options.model), before);
  });

  it('a rate of 0 is legal: nothing moves, and the receipt says so', async () => {
    const events: RunEventBody[] = [];
    const options = twoPhases(events);
    const plan = { ...options.plan, phases: [{ freeze: 'all but head', optimizer: sgd(0), epochs: 1, batchSize: 8 } as const] };
    const { last } = await runPlan({ ...options, plan });
    const [receipt] = only(events, 'receipt');
    assert.deepEqual([receipt.ok, receipt.moved, receipt.still], [true, [], ['classes/kernel', 'classes/bias']]);
    assert.deepEqual(bytesOf(last), bytesOf(options.model));
  });

  it('same plan and seed give the same bytes, another seed others', async () => {
    const run = async (order: number): Promise<string[]> => bytesOf((await runPlan(twoPhases([], { seed: { initialization: 0, order, sample: 0 } }))).last);
    const first = await run(3);
    assert.deepEqual(await run(3), first);
    assert.notDeepEqual(await run(4), first);
  });

  it('runs the phases that are asked for', async () => {
    const events: RunEventBody[] = [];
    await runPlan(twoPhases(events, { phases: [2] }));
    assert.deepEqual(only(events, 'phase').map(({ phase }) => phase), [2]);
  });

  it('the best model has the lowest validation loss, and its own weights', async () => {
    const events: RunEventBody[] = [];
    const options = twoPhases(events);
    // The second phase makes it worse at once.
    const phases = options.plan.phases.map((phase, index) => (index === 1 ? { ...phase, optimizer: sgd(30) } : phase));
    const { last, best, end } = await runPlan({ ...options, plan: { ...options.plan, phases } });
    const losses = only(events, 'epoch').map(({ phase, epoch, validation }) => ({ phase, epoch, loss: validation?.loss ?? Infinity }));
    const lowest = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    assert.ok(end.type === 'result' && end.best?.phase === 1, JSON.stringify(losses));
    assert.deepEqual(end.best, { phase: lowest.phase, epoch: lowest.epoch });
    assert.ok(best);
    assert.notDeepEqual(bytesOf(best), bytesOf(last));
    assert.deepEqual(best.optimizerVariables, [], 'slots of phase 1 do not fit the flags of phase 2');
    const frozen = bytesOf(options.model).filter((line) => line.startsWith('hidden'));
    assert.deepEqual(bytesOf(best).filter((line) => line.startsWith('hidden')), frozen);
    assert.deepEqual([...walkLayers(best)].map(({ layer }) => layer.trainable), [true, true]);
  });

  it('a stop acts at the next batch and keeps best and last', async () => {
    const events: RunEventBody[] = [];
    const stop = new AbortController();
    const engine = new WatchedEngine((steps) => {
      if (steps >= 5) stop.abort();
    });
    const options = twoPhases(events, { engine, signal: stop.signal, clock: slowClock() });
    const { end, last, best } = await runPlan(options);
    assert.deepEqual(end, { type: 'stopped', reason: 'stopped by the user', phase: 1, epoch: 2 });
    assert.equal(engine.steps, 5);
    assert.ok(best);
    assert.notDeepEqual(bytesOf(last), bytesOf(best), 'the last one has two more steps');
  });

  it('a loss that is not finite ends the run and keeps the best', async () => {
    const events: RunEventBody[] = [];
    const options = twoPhases(events);
    // Beyond float32: the first update is infinite.
    const phases = options.plan.phases.map((phase, index) => (index === 1 ? { ...phase, optimizer: sgd(1e300) } : phase));
    const { end, error, best, last } = await runPlan({ ...options, plan: { compile: { loss: 'mse', metrics: [] }, phases }, data: oneHot(options) });
    assert.equal(error?.code, 'not-finite');
    assert.ok(end.type === 'failed' && end.error.code === 'not-finite' && end.error.where?.startsWith('phase 2, epoch 1'));
    assert.ok(best && bytesOf(best).length === 4);
    assert.ok([...walkLayers(last)].every(({ layer }) => layer.weights.every(({ bytes }) => new Float32Array(bytes.slice().buffer).every(Number.isFinite))));
  });

  describe('is refused before anything runs', () => {
    const refuse = async (change: Partial<RunOptions>, code: string): Promise<void> => {
      const events: RunEventBody[] = [];
      await assert.rejects(runPlan(twoPhases(events, change)), (thrown) => thrown instanceof SurgeryError && thrown.code === code);
      assert.deepEqual(events, []);
    };
    const withPhase = (phase: Partial<PhasePlan>): Partial<RunOptions> => {
      const { plan } = twoPhases();
      return { plan: { ...plan, phases: [plan.phases[0], { ...plan.phases[1], ...phase }] } };
    };

    it('a phase in which all is frozen', () => refuse(withPhase({ freeze: 'all' }), 'nothing-to-train'));
    it('an unknown layer', () => refuse(withPhase({ freeze: ['hiden'] }), 'layer-unknown'));
    it('an unknown optimizer', () => refuse(withPhase({ optimizer: 'Tiger' }), 'unsupported'));
    it('an unknown setting of an optimizer', () => refuse(withPhase({ optimizer: { class_name: 'SGD', config: { learning_rat: 1 } } }), 'config-invalid'));
    it('a negative rate', () => refuse(withPhase({ optimizer: sgd(-1) }), 'config-invalid'));
    it('an unknown metric', () => refuse({ plan: { ...twoPhases().plan, compile: { loss: 'mse', metrics: ['auc'] } } }, 'data-mismatch'));
    it('class indices beyond the classes', () => {
      const { data } = twoPhases();
      const targets = { classes: { shape: [20], data: Float32Array.from({ length: 20 }, () => 3), scale: 1 } };
      return refuse({ data: { ...data, train: { ...data.train, targets } } }, 'data-mismatch');
    });
    it('data without the input', () => {
      const { data } = twoPhases();
      return refuse({ data: { ...data, train: { ...data.train, inputs: {} } } }, 'data-mismatch');
    });
    it('data of another shape', () => {
      const { data } = twoPhases();
      const [name] = Object.keys(data.train.inputs);
      return refuse({ data: { ...data, train: { ...data.train, inputs: { [name]: { shape: [20, 4], data: new Float32Array(80), scale: 1 } } } } }, 'data-mismatch');
    });
    it('no phases', () => refuse({ plan: { ...twoPhases().plan, phases: [] } }, 'plan-invalid'));
  });
});

/** The class indices as rows of 0 and 1. */
function oneHot({ data }: RunOptions): RunOptions['data'] {
  const spread = (set: RunOptions['data']['train']): RunOptions['data']['train'] => {
    const rows = new Float32Array(set.samples * 3);
    set.targets['classes'].data.forEach((label: number, row: number) => (rows[3 * row + label] = 1));
    return { ...set, targets: { classes: { shape: [set.samples, 3], data: rows, scale: 1 } } };
  };
  return Object.fromEntries(Object.entries(data).map(([name, set]) => [name, spread(set as RunOptions['data']['train'])])) as unknown as RunOptions['data'];
}

describe('the receipt', () => {
  const before = setFlags(fitModel(goldenFit('cnn_frozen_norm')), ['norm'], false);
  const hashes = hashWeights(before, sha256);

  it('names a frozen weight that moved', () => {
    const layers = before.root.network.layers.map((layer) =>
      layer.name !== 'norm' ? layer : { ...layer, weights: layer.weights.map((weight, index) => (index === 2 ? { ...weight, bytes: new Uint8Array(weight.bytes.length) } : weight)) });
    const after: Model = { ...before, root: { ...before.root, network: { ...before.root.network, layers } } };
    const receipt = writeReceipt(1, { before, hashes, after }, sha256);
    assert.equal(receipt.ok, false);
    assert.throws(() => requireFrozenStill(receipt), (thrown) => thrown instanceof SurgeryError && thrown.code === 'frozen-moved' && thrown.where === 'norm/moving_mean');
  });

  it('counts moving statistics of a frozen layer among the frozen', () => {
    const receipt = writeReceipt(1, { before, hashes, after: before }, sha256);
    assert.deepEqual(receipt.frozen.map(({ weight }) => weight), ['norm/gamma', 'norm/beta', 'norm/moving_mean', 'norm/moving_variance']);
    requireFrozenStill(receipt);
  });
});
