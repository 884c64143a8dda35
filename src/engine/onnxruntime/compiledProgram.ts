import { sizeOf, type ComputeDType, type Tensor, type TensorData } from '../../core/model/tensor';
import { readBatch } from '../../core/ops/feeding';
import type { Program } from '../../core/ops/program';
import type { Tensors } from '../../core/ports';
import { type HeldState, QueuedProgram, zerosOf } from '../queuedProgram';
import { engineFailure } from './engineFailure';
import type { OnnxNames } from './lowerProgram';
import type { OnnxRuntime, RuntimeTensor, Session } from './runtime';
import type { Loan } from './sessionCache';

/** A state between steps. */
interface StateMemory extends HeldState {
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
  readonly loan: Loan | undefined;
  /** Whether one call runs several steps, all tensors but the states then [steps, ...]. */
  readonly stacked: boolean;
  /** Called once, when the program is disposed. */
  readonly ended: () => void;
}

/** Breaks for other work between steps, ms: a wasm step does not leave the thread by itself. */
const LONGEST_STRETCH = 20;

/** How many steps the first call may run, when nothing is known of their time. */
const FIRST_STEPS = 4;

/** Weights go into the graph and come out of it at each step, into two sets of tensors that change places. */
export class OnnxCompiledProgram extends QueuedProgram<StateMemory> {
  protected readonly states: ReadonlyMap<string, StateMemory>;
  /** How many steps one call may run, so that it ends within the longest stretch. */
  private mostSteps = FIRST_STEPS;
  /** By input, where the inputs of several steps are laid together. */
  private readonly rooms = new Map<string, TensorData>();

  constructor(
    private readonly runtime: OnnxRuntime,
    private readonly parts: Parts,
  ) {
    super(parts.program, parts.ended);
    this.states = new Map(parts.program.states.map((slot) => [slot.name, this.remember(slot)]));
  }

  protected write({ current }: StateMemory, data: TensorData): void {
    (current.data as TensorData).set(data);
  }

  protected read({ current }: StateMemory): TensorData {
    return (current.data as TensorData).slice();
  }

  protected async free(): Promise<void> {
    await this.parts.loan?.release();
  }

  protected async runAll(steps: readonly Tensors[]): Promise<readonly Tensors[]> {
    const results: Tensors[] = [];
    let since = performance.now();
    for (const group of this.grouped(steps)) {
      const began = performance.now();
      results.push(...(await this.runGroup(group)));
      const now = performance.now();
      this.mostSteps = Math.max(1, Math.min(2 * this.mostSteps, Math.floor((LONGEST_STRETCH * group.length) / Math.max(now - began, 0.01))));
      if (now - since < LONGEST_STRETCH) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    return results;
  }

  /** Neighbouring steps of one batch size, where they can share a call; else each alone. Steps before a wrong one run. */
  private *grouped(steps: readonly Tensors[]): Generator<readonly Tensors[]> {
    const { program, stacked } = this.parts;
    for (let from = 0, to = 1; from < steps.length; from = to++) {
      const batch = readBatch(program, steps[from]);
      while (stacked && to < steps.length && to - from < this.mostSteps && this.fits(steps[to], batch)) to++;
      yield steps.slice(from, to);
    }
  }

  /** Whether a step has this batch size; one that is wrong has none, and is refused when its turn comes. */
  private fits(step: Tensors, batch: number): boolean {
    try {
      return readBatch(this.parts.program, step) === batch;
    } catch {
      return false;
    }
  }

  private async runGroup(steps: readonly Tensors[]): Promise<Tensors[]> {
    const { program, names, loan } = this.parts;
    if (!loan) return steps.map(() => ({}));
    const results = await this.call(loan.session, this.feedsOf(steps));
    for (const state of this.states.values()) this.advance(state, results);
    return steps.map((_, index) => Object.fromEntries(program.outputs.map(({ name }) => {
      const tensor = toTensor(results[names.outputs.get(name) as string]);
      return [name, this.parts.stacked ? partOf(tensor, index) : tensor];
    })));
  }

  private feedsOf(steps: readonly Tensors[]): Record<string, RuntimeTensor> {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const { name, value } of this.parts.program.inputs) {
      const input = this.parts.names.feeds.get(value);
      if (input !== undefined) feeds[input] = this.toRuntime(this.parts.stacked ? this.stack(name, steps) : steps[0][name]);
    }
    for (const { input, current } of this.states.values()) if (input !== undefined) feeds[input] = current;
    return feeds;
  }

  /** One input of several steps, one after the other: [steps, ...]. */
  private stack(name: string, steps: readonly Tensors[]): Tensor {
    const [{ dtype, shape, data }] = steps.map((step) => step[name]);
    const stacked = [steps.length, ...shape];
    const joined = joinNeighbours(steps.map((step) => step[name].data));
    if (joined) return { dtype, shape: stacked, data: joined };
    const whole = this.room(name, dtype, data.length * steps.length);
    steps.forEach((step, index) => whole.set(step[name].data, index * data.length));
    return { dtype, shape: stacked, data: whole };
  }

  /** Memory for an input, the same at each call: the runtime has read it when a call ends. */
  private room(name: string, dtype: ComputeDType, size: number): TensorData {
    let room = this.rooms.get(name);
    if (!room || room.length < size) this.rooms.set(name, (room = zerosOf(dtype, size)));
    return room.subarray(0, size);
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

  private toRuntime({ dtype, shape, data }: Tensor): RuntimeTensor {
    return new this.runtime.Tensor(dtype, data, shape);
  }
}

/** One view of parts that lie one behind the other in memory; undefined where they do not. */
function joinNeighbours(parts: readonly TensorData[]): TensorData | undefined {
  const [first] = parts;
  if (parts.length === 1) return first;
  const together = parts.every((part, index) => part.buffer === first.buffer && part.byteOffset === first.byteOffset + index * first.byteLength);
  if (!together) return undefined;
  const Data = first.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => TensorData;
  return new Data(first.buffer, first.byteOffset, first.length * parts.length);
}

/** What one of the steps gave, of what all gave. */
function partOf({ dtype, shape: [, ...shape], data }: Tensor, index: number): Tensor {
  const size = sizeOf(shape);
  return { dtype, shape, data: data.subarray(index * size, (index + 1) * size) };
}

function toTensor({ type, dims, data }: RuntimeTensor): Tensor {
  return { dtype: type as ComputeDType, shape: dims, data: data as TensorData };
}
