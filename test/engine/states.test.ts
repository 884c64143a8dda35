import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/model/tensor';
import { SurgeryError } from '../../src/core/errors';
import { add, mul } from '../../src/core/ops/binary';
import { Graph, type Value } from '../../src/core/ops/graph';
import { maxPool, maxPoolGrad } from '../../src/core/ops/pool';
import type { Program } from '../../src/core/ops/program';
import { sum } from '../../src/core/ops/reduce';
import { BATCH } from '../../src/core/ops/shape';
import type { CompiledProgram, Engine, EngineName, Log, Tensors } from '../../src/core/ports';
import { openEngine } from '../../src/engine/openEngine';
import { ReferenceEngine } from '../../src/engine/reference/referenceEngine';
import { convNet } from '../support/cnnProgram';
import { perceptron } from '../support/mlpProgram';
import { differenceOfAll } from '../support/opCases/closeness';
import { testedEngines } from '../support/testedEngines';

const silent: Log = { write: () => undefined };

function vector(...numbers: number[]): Tensor {
  return { dtype: 'float32', shape: [numbers.length], data: Float32Array.from(numbers) };
}

function numbersOf(tensor: Tensor): number[] {
  return [...tensor.data];
}

/** Two floats each: a graph with states a and b and an input x. */
function twoStates(write: (graph: Graph, values: { a: Value; b: Value; x: Value }) => void): Program {
  const graph = new Graph();
  const type = { shape: [2], dtype: 'float32' } as const;
  const values = { a: graph.state('a', type), b: graph.state('b', type), x: graph.input('x', type) };
  write(graph, values);
  return graph.finish();
}

function isFailure(code: SurgeryError['code'], where?: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SurgeryError, String(error));
    assert.equal(error.code, code);
    if (where instanceof RegExp) assert.match(error.where ?? '', where);
    else if (where !== undefined) assert.equal(error.where, where);
    return true;
  };
}

/** The engines under test, and the reference itself: what holds for them holds for it. */
const names: readonly EngineName[] = ['reference', ...testedEngines];

for (const name of names) {
  describe(`states on ${name}`, () => {
    let engine: Engine;
    let program: CompiledProgram;
    const open = async (source: Program, states: Tensors = {}): Promise<CompiledProgram> => {
      program = await engine.compile(source);
      program.writeState(states);
      return program;
    };
    before(async () => {
      engine = await openEngine(name, silent);
    });
    afterEach(() => program.dispose());
    after(() => engine.dispose());

    it('trains five steps as the reference does, the last batch shorter', async () => {
      const net = perceptron([12, 9, 5, 1]);
      const steps = [8, 8, 8, 8, 3].map((size, i) => net.batch(size, i));
      await open(net.program, net.start);
      const judge = await new ReferenceEngine().compile(net.program);
      judge.writeState(net.start);
      const [got, want] = [await program.run(steps), await judge.run(steps)];
      steps.forEach((_, i) => assert.equal(differenceOfAll(got[i], want[i], 1e-5), undefined, `loss of step ${i}`));
      assert.equal(differenceOfAll(await program.readState(), await judge.readState(), 1e-5), undefined);
      const moved = await program.readState(['kernel0']);
      assert.notDeepEqual(numbersOf(moved.kernel0), numbersOf(net.start.kernel0));
    });

    it('gives the same bytes however steps are grouped', async () => {
      const net = perceptron([12, 9, 5, 1]);
      const steps = [8, 8, 8, 3, 8, 8].map((size, i) => net.batch(size, i));
      await open(net.program, net.start);
      const together = await program.run(steps);
      const states = await program.readState();
      program.writeState(net.start);
      const alone: Tensors[] = [];
      for (const step of steps) alone.push(...(await program.run([step])));
      assert.deepEqual(together, alone);
      assert.deepEqual(await program.readState(), states);
    });

    it('trains a convolutional network as the reference does', async () => {
      const net = convNet({ height: 8, width: 12, channels: 2, filters: [5, 6], classes: 3 });
      const steps = [6, 3].map((size, i) => net.batch(size, i));
      await open(net.program, net.start);
      const judge = await new ReferenceEngine().compile(net.program);
      judge.writeState(net.start);
      const [got, want] = [await program.run(steps), await judge.run(steps)];
      steps.forEach((_, i) => assert.equal(differenceOfAll(got[i], want[i], 1e-5), undefined, `loss of step ${i}`));
      // The bias before a normalization has a gradient that is nearly nothing: only its rounding is left of it.
      assert.equal(differenceOfAll(await program.readState(), await judge.readState(), 1e-4), undefined);
    });

    it('gives the same bytes when a run is repeated', async () => {
      const net = perceptron([12, 9, 5, 1]);
      const steps = [8, 3].map((size, i) => net.batch(size, i));
      await open(net.program);
      const ends: Tensors[] = [];
      for (let i = 0; i < 2; i++) {
        program.writeState(net.start);
        await program.run(steps);
        ends.push(await program.readState());
      }
      assert.deepEqual(ends[0], ends[1]);
    });

    it('starts at zero', async () => {
      await open(twoStates((graph, { a, x }) => graph.update('a', add(a, x))));
      assert.deepEqual(numbersOf((await program.readState(['a'])).a), [0, 0]);
      await program.run([{ x: vector(1, 2) }, { x: vector(3, 4) }]);
      assert.deepEqual(numbersOf((await program.readState(['a'])).a), [4, 6]);
    });

    it('exchanges two states', async () => {
      const source = twoStates((graph, { a, b }) => {
        graph.update('a', b);
        graph.update('b', a);
      });
      await open(source, { a: vector(1, 2), b: vector(3, 4) });
      for (const [a, b] of [[[3, 4], [1, 2]], [[1, 2], [3, 4]], [[3, 4], [1, 2]]]) {
        await program.run([{ x: vector(0, 0) }]);
        const states = await program.readState();
        assert.deepEqual([numbersOf(states.a), numbersOf(states.b)], [a, b]);
      }
    });

    it('remembers an input, a constant and a value that is an output too', async () => {
      const source = twoStates((graph, { a, b, x }) => {
        const next = mul(x, 10);
        graph.update('a', x);
        graph.update('b', next);
        graph.output('next', next);
        graph.output('again', next);
        graph.output('fed', x);
        graph.output('before', a);
        graph.output('constant', graph.constant(vector(7, 8)));
        graph.output('sum', add(a, b));
      });
      await open(source, { a: vector(5, 5), b: vector(1, 1) });
      const fed = vector(1, 2);
      const [first] = await program.run([{ x: fed }]);
      (fed.data as Float32Array).fill(99);
      const [second] = await program.run([{ x: vector(3, 4) }]);
      await program.run([{ x: vector(0, 0) }]);
      const show = (outputs: Tensors): Record<string, number[]> => Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, numbersOf(value)]));
      assert.deepEqual(show(first), { next: [10, 20], again: [10, 20], fed: [1, 2], before: [5, 5], constant: [7, 8], sum: [6, 6] });
      assert.deepEqual(show(second), { next: [30, 40], again: [30, 40], fed: [3, 4], before: [1, 2], constant: [7, 8], sum: [11, 22] });
    });

    it('updates two states with one value, which then part', async () => {
      const source = twoStates((graph, { a, b, x }) => {
        const next = add(add(a, b), x);
        graph.update('a', next);
        graph.update('b', next);
      });
      await open(source);
      await program.run([{ x: vector(1, 1) }]);
      program.writeState({ a: vector(0, 0) });
      assert.deepEqual(numbersOf((await program.readState(['b'])).b), [1, 1]);
      await program.run([{ x: vector(0, 2) }]);
      assert.deepEqual(numbersOf((await program.readState(['a'])).a), [1, 3]);
    });

    it('reads a state that no step changes, written between runs', async () => {
      await open(twoStates((graph, { a, b, x }) => {
        graph.output('y', mul(a, x));
        graph.update('b', add(b, a));
      }));
      const seen: number[][] = [];
      for (const value of [2, 3]) {
        program.writeState({ a: vector(value, value) });
        const [{ y }] = await program.run([{ x: vector(1, 10) }]);
        seen.push(numbersOf(y));
      }
      assert.deepEqual(seen, [[2, 20], [3, 30]]);
      assert.deepEqual(numbersOf((await program.readState(['b'])).b), [5, 5]);
    });

    it('neither keeps what is written nor gives away what it keeps', async () => {
      await open(twoStates((graph, { a, x }) => graph.update('a', add(a, x))));
      const written = vector(1, 2);
      program.writeState({ a: written });
      (written.data as Float32Array).fill(50);
      const before = await program.readState(['a']);
      await program.run([{ x: vector(1, 1) }, { x: vector(1, 1) }, { x: vector(1, 1) }]);
      assert.deepEqual(numbersOf(before.a), [1, 2]);
      (before.a.data as Float32Array).fill(50);
      assert.deepEqual(numbersOf((await program.readState(['a'])).a), [4, 5]);
    });

    it('takes one tensor for two inputs and for every step', async () => {
      const graph = new Graph();
      const type = { shape: [BATCH], dtype: 'float32' } as const;
      graph.output('y', add(graph.input('left', type), mul(graph.input('right', type), 2)));
      await open(graph.finish());
      const same = vector(1, 2, 3);
      const step = { left: same, right: same };
      const results = await program.run([step, step]);
      assert.deepEqual(results.map(({ y }) => numbersOf(y)), [[3, 6, 9], [3, 6, 9]]);
    });

    it('feeds a view into a larger array', async () => {
      await open(twoStates((graph, { x }) => graph.output('y', mul(x, 2))));
      const whole = Float32Array.of(1, 2, 3, 4, 5);
      const [{ y }] = await program.run([{ x: { dtype: 'float32', shape: [2], data: whole.subarray(2, 4) } }]);
      assert.deepEqual(numbersOf(y), [6, 8]);
    });

    it('holds whole numbers and truth values', async () => {
      const graph = new Graph();
      const count = graph.state('count', { shape: [], dtype: 'int32' });
      const flag = graph.state('flag', { shape: [2], dtype: 'bool' });
      const next = graph.input('next', { shape: [2], dtype: 'bool' });
      graph.update('count', add(count, graph.scalar(1, 'int32')));
      graph.update('flag', next);
      graph.output('before', flag);
      await open(graph.finish(), { count: { dtype: 'int32', shape: [], data: Int32Array.of(2_000_000_000) } });
      const feed = { next: { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) } } as const;
      const [, second] = await program.run([feed, feed]);
      assert.deepEqual(second.before, { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) });
      assert.deepEqual((await program.readState(['count'])).count, { dtype: 'int32', shape: [], data: Int32Array.of(2_000_000_002) });
    });

    it('runs what is asked for meanwhile afterwards, in order', async () => {
      await open(twoStates((graph, { a, x }) => graph.update('a', add(mul(a, 2), x))));
      const first = program.run([{ x: vector(1, 0) }, { x: vector(1, 0) }]);
      const second = program.run([{ x: vector(0, 1) }]);
      const read = program.readState(['a']);
      await Promise.all([first, second]);
      assert.deepEqual(numbersOf((await read).a), [6, 1]);
    });

    it('runs a program that computes nothing', async () => {
      await open(new Graph().finish());
      assert.deepEqual(await program.run([{}, {}]), [{}, {}]);
    });

    it('runs no steps', async () => {
      await open(twoStates((graph, { x }) => graph.output('y', mul(x, 2))));
      assert.deepEqual(await program.run([]), []);
    });

    it('keeps its states when a step is refused', async () => {
      await open(twoStates((graph, { a, x }) => graph.update('a', add(a, x))), { a: vector(1, 2) });
      await assert.rejects(program.run([{ x: vector(1, 1) }, { x: vector(1, 2, 3) }]), isFailure('shape-mismatch', 'x'));
      await assert.rejects(program.run([{}]), isFailure('engine-failed', 'x'));
      await assert.rejects(program.run([{ x: vector(1, 1), z: vector(1) }]), isFailure('engine-failed'));
      assert.throws(() => program.writeState({ a: vector(9, 9), b: vector(1) }), isFailure('shape-mismatch', 'b'));
      assert.throws(() => program.writeState({ c: vector(1, 1) }), isFailure('engine-failed', 'c'));
      await assert.rejects(program.readState(['c']), isFailure('engine-failed', 'c'));
      await program.run([{ x: vector(1, 1) }]);
      assert.deepEqual(numbersOf((await program.readState(['a'])).a), [3, 4]);
    });

    it('is over when disposed, also twice', async () => {
      await open(twoStates((graph, { x }) => graph.output('y', mul(x, 2))));
      await program.dispose();
      await program.dispose();
      await assert.rejects(program.run([{ x: vector(1, 1) }]), isFailure('engine-failed'));
      await assert.rejects(program.readState(), isFailure('engine-failed'));
      assert.throws(() => program.writeState({}), isFailure('engine-failed'));
    });

    it('survives numbers that are none', async () => {
      const graph = new Graph();
      const x = graph.input('x', { shape: [BATCH, 4, 4, 1], dtype: 'float32' });
      const attributes = { size: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]] } as const;
      const y = maxPool(x, attributes);
      graph.output('dx', maxPoolGrad(x, y, mul(y, 0), attributes));
      graph.output('total', sum(x));
      await open(graph.finish());
      const nothing: Tensor = { dtype: 'float32', shape: [2, 4, 4, 1], data: new Float32Array(32).fill(NaN) };
      const [{ total, dx }] = await program.run([{ x: nothing }]);
      assert.ok(Number.isNaN(total.data[0]));
      assert.equal(dx.data.length, 32);
    });
  });
}

for (const name of testedEngines) {
  describe(`${name} as a guest`, () => {
    let engine: Engine;
    before(async () => {
      engine = await openEngine(name, silent);
    });
    after(() => engine.dispose());

    it('leaves time for others during a run', async () => {
      const net = perceptron([200, 200, 200, 1]);
      const program = await engine.compile(net.program);
      program.writeState(net.start);
      const step = net.batch(64, 1);
      let ticks = 0;
      let running = true;
      const tick = (): void => {
        ticks++;
        if (running) setImmediate(tick);
      };
      setImmediate(tick);
      const started = performance.now();
      await program.run(new Array<Tensors>(150).fill(step));
      running = false;
      assert.ok(ticks >= Math.min(3, (performance.now() - started) / 100), `${ticks} ticks`);
    });

    it('names the operation that the runtime refuses', async () => {
      const graph = new Graph();
      const x = graph.input('x', { shape: [BATCH, 3], dtype: 'float32' });
      graph.output('y', mul(add(x, 1), 2));
      const sound = graph.finish();
      // A program that contradicts itself: the first operand is said to be of integers.
      const broken: Program = { ...sound, values: sound.values.map((type, i) => (i === sound.inputs[0].value ? { ...type, dtype: 'int32' } : type)) };
      await assert.rejects(engine.compile(broken), isFailure('engine-failed', /^add_0$/));
    });

    it('names the operation that it does not know', async () => {
      const graph = new Graph();
      graph.output('y', mul(graph.input('x', { shape: [BATCH], dtype: 'float32' }), 2));
      const sound = graph.finish();
      const foreign = { ...sound, nodes: sound.nodes.map((node) => ({ ...node, op: 'fold' })) } as unknown as Program;
      await assert.rejects(engine.compile(foreign), isFailure('unsupported', 'fold'));
    });

    it('releases its programs', async () => {
      const own = await openEngine(name, silent);
      const net = perceptron([4, 3, 1]);
      const program = await own.compile(net.program);
      await own.dispose();
      await assert.rejects(program.run([net.batch(2, 1)]), isFailure('engine-failed'));
    });
  });
}
