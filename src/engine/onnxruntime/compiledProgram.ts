import { SurgeryError } from '../../core/errors';
import { sizeOf, type ComputeDType, type Tensor, type TensorData } from '../../core/model/tensor';
import { expectTensor, readBatch } from '../../core/ops/feeding';
import type { Program } from '../../core/ops/program';
import type { CompiledProgram, Tensors } from '../../core/ports';
import { engineFailure } from './engineFailure';
import type { OnnxNames } from './lowerProgram';
import type { OnnxRuntime, RuntimeTensor, Session } from './runtime';

/** A state between steps. */
interface StateMemory {
  readonly name: string;
  readonly dtype: ComputeDType;
  readonly shape: readonly number[];
  /** Its name as an input of the graph, where the graph reads it. */
  readonly input: string | undefined;
  /** Its name as an output of the graph, where a step changes it. */
  readonly output: string | undefined;
  current: RuntimeTensor;
  /** What the next step writes into; then the two change places. */
  spare: RuntimeTensor | undefined;
}

interface Parts {
  /** Without nodes and constants: only what is said of inputs, states and outputs is read here. */
  readonly program: Program;
  readonly names: OnnxNames;
  /** None where the program computes nothing. */
  readonly session: Session | undefined;
  /** Called once, when the program is disposed. */
  readonly ended: () => void;
}

/** Breaks for other work between steps, ms: a wasm step does not leave the thread by itself. */
const LONGEST_STRETCH = 20;

/** Weights go into the graph and come out of it at each step, into two sets of tensors that change places. */
export class OnnxCompiledProgram implements CompiledProgram {
  private readonly states: ReadonlyMap<string, StateMemory>;
  /** Steps asked for before, so that what is asked for next waits for them. */
  private pending: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly runtime: OnnxRuntime,
    private readonly parts: Parts,
  ) {
    this.states = new Map(parts.program.states.map((slot) => [slot.name, this.remember(slot)]));
  }

  writeState(states: Tensors): void {
    this.expectAlive();
    const { values, states: slots } = this.parts.program;
    const types = new Map(slots.map(({ name, value }) => [name, values[value]]));
    for (const [name, tensor] of Object.entries(states)) {
      this.memory(name);
      expectTensor(name, tensor, types.get(name) as Program['values'][number], 1);
    }
    for (const [name, { data }] of Object.entries(states)) (this.memory(name).current.data as TensorData).set(data);
  }

  readState(names: readonly string[] = [...this.states.keys()]): Promise<Tensors> {
    return this.inTurn(() => Promise.resolve(Object.fromEntries(names.map((name) => [name, this.copyOf(name)]))));
  }

  run(steps: readonly Tensors[]): Promise<readonly Tensors[]> {
    return this.inTurn(() => this.runAll(steps));
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.parts.ended();
    await this.pending.catch(() => undefined);
    await this.parts.session?.release();
  }

  /** One after the other, whatever the order in which callers wait. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.pending.then(() => {
      this.expectAlive();
      return work();
    });
    this.pending = turn.catch(() => undefined);
    return turn;
  }

  private async runAll(steps: readonly Tensors[]): Promise<readonly Tensors[]> {
    const results: Tensors[] = [];
    let since = performance.now();
    for (const step of steps) {
      results.push(await this.runStep(step));
      if (performance.now() - since < LONGEST_STRETCH) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    return results;
  }

  private async runStep(step: Tensors): Promise<Tensors> {
    const { program, names, session } = this.parts;
    readBatch(program, step);
    if (!session) return {};
    const results = await this.call(session, this.feedsOf(step));
    for (const state of this.states.values()) this.advance(state, results);
    return Object.fromEntries(program.outputs.map(({ name }) => [name, toTensor(results[names.outputs.get(name) as string])]));
  }

  private feedsOf(step: Tensors): Record<string, RuntimeTensor> {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const { name, value } of this.parts.program.inputs) {
      const input = this.parts.names.feeds.get(value);
      if (input !== undefined) feeds[input] = this.toRuntime(step[name]);
    }
    for (const { input, current } of this.states.values()) if (input !== undefined) feeds[input] = current;
    return feeds;
  }

  private async call(session: Session, feeds: Record<string, RuntimeTensor>): ReturnType<Session['run']> {
    const fetches: Record<string, RuntimeTensor | null> = {};
    for (const name of this.parts.names.outputs.values()) fetches[name] = null;
    for (const { output, spare } of this.states.values()) if (output !== undefined) fetches[output] = spare ?? null;
    try {
      return await session.run(feeds, fetches);
    } catch (error) {
      throw engineFailure('onnxruntime could not run a step.', error);
    }
  }

  private advance(state: StateMemory, results: Readonly<Record<string, RuntimeTensor>>): void {
    if (state.output === undefined) return;
    const before = state.current;
    state.current = results[state.output];
    if (state.spare) state.spare = before;
  }

  private remember({ name, value, next }: Program['states'][number]): StateMemory {
    const { program, names } = this.parts;
    const { dtype, shape } = program.values[value];
    const zeros = (): RuntimeTensor => this.toRuntime({ dtype, shape, data: zerosOf(dtype, sizeOf(shape)) });
    return {
      name,
      dtype,
      shape,
      input: names.feeds.get(value),
      output: names.nextStates.get(name),
      current: zeros(),
      spare: this.runtime.reusesOutputs && value !== next ? zeros() : undefined,
    };
  }

  private copyOf(name: string): Tensor {
    const { dtype, shape, current } = this.memory(name);
    return { dtype, shape, data: (current.data as TensorData).slice() };
  }

  private memory(name: string): StateMemory {
    const state = this.states.get(name);
    if (state) return state;
    throw new SurgeryError('engine-failed', 'The program has no such state.', { received: name, where: name });
  }

  private toRuntime({ dtype, shape, data }: Tensor): RuntimeTensor {
    return new this.runtime.Tensor(dtype, data, shape);
  }

  private expectAlive(): void {
    if (this.disposed) throw new SurgeryError('engine-failed', 'The program has been disposed.');
  }
}

function zerosOf(dtype: ComputeDType, size: number): TensorData {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

function toTensor({ type, dims, data }: RuntimeTensor): Tensor {
  return { dtype: type as ComputeDType, shape: dims, data: data as TensorData };
}
