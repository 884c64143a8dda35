import { SurgeryError } from '../../core/errors';
import { type ComputeDType, sizeOf, type Tensor, type TensorData } from '../../core/model/tensor';
import { expectTensor, readBatch } from '../../core/ops/feeding';
import type { Program } from '../../core/ops/program';
import { resolveShape } from '../../core/ops/shape';
import type { CompiledProgram, Tensors } from '../../core/ports';
import type { Binding, TensorInfo } from './binding';
import { engineFailure } from './engineFailure';
import { dtypeNumbers } from './graphDef';
import type { Name } from './graphWriter';
import type { GraphNames } from './lowerProgram';
import { type Chunk, ChunkPlanner } from './chunks';

/** A state between calls. */
interface StateMemory {
  readonly name: string;
  readonly dtype: ComputeDType;
  readonly shape: readonly number[];
  /** Its name as an input of the graph, where the graph reads it. */
  readonly input: Name | undefined;
  /** libtensorflow's tensor; none before the first use, which stands for zeros. */
  id: number | undefined;
}

interface Parts {
  /** Without nodes and constants: only what is said of inputs, states and outputs is read here. */
  readonly program: Program;
  readonly names: GraphNames;
  /** The loaded graph; none where the program computes nothing. */
  readonly model: number | undefined;
  /** Called once, when the program is disposed. */
  readonly ended: () => void;
}

/** States and large constants live in libtensorflow; a call feeds them with the inputs of several steps and fetches what is left. */
export class TensorflowCompiledProgram implements CompiledProgram {
  private readonly states: ReadonlyMap<string, StateMemory>;
  /** Constants that are fed: their names and tensors. */
  private readonly constants: readonly (readonly [Name, number])[];
  private readonly planner = new ChunkPlanner();
  private readonly outputNames: string;
  /** Steps asked for before, so that what is asked for next waits for them. */
  private pending: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly binding: Binding,
    private readonly parts: Parts,
    constants: Program['constants'],
  ) {
    const { program, names } = parts;
    this.states = new Map(program.states.map(({ name, value }) => {
      const { dtype, shape } = program.values[value];
      return [name, { name, dtype, shape, input: names.feeds.get(value), id: undefined }];
    }));
    this.constants = constants.flatMap(({ value, tensor }): [Name, number][] => {
      const name = names.feeds.get(value);
      return name === undefined ? [] : [[name, this.create(tensor.shape, tensor)]];
    });
    this.outputNames = [...names.outputs.values(), ...names.nextStates.values()].join();
  }

  writeState(states: Tensors): void {
    this.expectAlive();
    const { values, states: slots } = this.parts.program;
    const types = new Map(slots.map(({ name, value }) => [name, values[value]]));
    for (const [name, tensor] of Object.entries(states)) {
      this.memory(name);
      expectTensor(name, tensor, types.get(name) as Program['values'][number], 1);
    }
    // The binding may share the memory of what it is given: a state is nobody else's.
    for (const [name, { dtype, shape, data }] of Object.entries(states)) this.replace(this.memory(name), this.create(shape, { dtype, data: data.slice() }));
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
    for (const [, id] of this.constants) this.binding.deleteTensor(id);
    for (const state of this.states.values()) this.replace(state, undefined);
    if (this.parts.model !== undefined) this.binding.deleteSavedModel(this.parts.model);
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
    while (results.length < steps.length) {
      const batchOf = (step: Tensors): number => readBatch(this.parts.program, step);
      const chunk = this.parts.names.count === undefined ? { steps: [steps[results.length]], batch: batchOf(steps[results.length]) } : this.planner.take(steps, results.length, batchOf);
      results.push(...(await this.planner.timed(chunk, () => this.runChunk(chunk))));
    }
    return results;
  }

  private runChunk(chunk: Chunk): readonly Tensors[] {
    const { names, model } = this.parts;
    if (model === undefined) return chunk.steps.map(() => ({}));
    const temporary = this.feedSteps(chunk);
    const standing = [...this.constants, ...this.statesFed()];
    const feeds = [...temporary, ...standing];
    try {
      const results = this.call(model, feeds);
      const outputs = results.slice(0, names.outputs.size).map((result) => this.fetch(result));
      [...names.nextStates.keys()].forEach((name, i) => this.replace(this.memory(name), results[names.outputs.size + i].id));
      return chunk.steps.map((_, step) => this.outputsOf(step, chunk, outputs));
    } finally {
      for (const [, id] of temporary) this.binding.deleteTensor(id);
    }
  }

  private call(model: number, feeds: readonly (readonly [Name, number])[]): readonly TensorInfo[] {
    try {
      return this.binding.runSavedModel(model, feeds.map(([, id]) => id), feeds.map(([name]) => name).join(), this.outputNames);
    } catch (error) {
      throw engineFailure('TensorFlow could not run a step.', error);
    }
  }

  /** The inputs of all steps, each stacked along a new axis in front, and how many steps there are; those of the step where it is one. */
  private feedSteps({ steps, batch }: Chunk): [Name, number][] {
    const { program, names } = this.parts;
    const { count } = names;
    const fed: [Name, number][] = count === undefined ? [] : [[count, this.create([], { dtype: 'int32', data: Int32Array.of(steps.length) })]];
    for (const { name, value } of program.inputs) {
      const input = names.feeds.get(value);
      if (input === undefined) continue;
      const { dtype, shape } = program.values[value];
      const data = stack(steps.map((step) => step[name].data));
      fed.push([input, this.create([...(count === undefined ? [] : [steps.length]), ...resolveShape(shape, batch)], { dtype, data })]);
    }
    return fed;
  }

  private statesFed(): [Name, number][] {
    return [...this.states.values()].flatMap((state): [Name, number][] => {
      if (state.input === undefined) return [];
      state.id ??= this.create(state.shape, { dtype: state.dtype, data: zerosOf(state.dtype, sizeOf(state.shape)) });
      return [[state.input, state.id]];
    });
  }

  private fetch({ id, shape }: TensorInfo): Stacked {
    const data = this.binding.tensorDataSync(id);
    this.binding.deleteTensor(id);
    return { shape: this.parts.names.count === undefined ? shape : shape.slice(1), data };
  }

  private outputsOf(step: number, { steps }: Chunk, outputs: readonly Stacked[]): Tensors {
    const { program } = this.parts;
    return Object.fromEntries(program.outputs.map(({ name, value }, i) => {
      const { shape, data } = outputs[i];
      const size = data.length / steps.length;
      return [name, { dtype: program.values[value].dtype, shape, data: data.subarray(step * size, (step + 1) * size) }];
    }));
  }

  private create(shape: readonly number[], { dtype, data }: Pick<Tensor, 'dtype' | 'data'>): number {
    return this.binding.createTensor(shape, dtypeNumbers[dtype], data);
  }

  private replace(state: StateMemory, id: number | undefined): void {
    if (state.id !== undefined) this.binding.deleteTensor(state.id);
    state.id = id;
  }

  private copyOf(name: string): Tensor {
    const { dtype, shape, id } = this.memory(name);
    return { dtype, shape, data: id === undefined ? zerosOf(dtype, sizeOf(shape)) : this.binding.tensorDataSync(id) };
  }

  private memory(name: string): StateMemory {
    const state = this.states.get(name);
    if (state) return state;
    throw new SurgeryError('engine-failed', 'The program has no such state.', { received: name, where: name });
  }

  private expectAlive(): void {
    if (this.disposed) throw new SurgeryError('engine-failed', 'The program has been disposed.');
  }
}

/** One output of all steps of a chunk; the shape is that of one step. */
interface Stacked {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Always a copy: a state may end as what was fed, and must not share memory with whoever fed it. */
function stack(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  const whole = new (first.constructor as new (size: number) => TensorData)(first.length * parts.length);
  parts.forEach((part, i) => whole.set(part, i * first.length));
  return whole;
}

function zerosOf(dtype: ComputeDType, size: number): TensorData {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
