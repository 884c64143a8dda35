import { sizeOf, type Tensor, type TensorData } from '../../core/model/tensor';
import { readBatch } from '../../core/ops/feeding';
import type { Program } from '../../core/ops/program';
import { resolveShape } from '../../core/ops/shape';
import type { Tensors } from '../../core/ports';
import { type HeldState, QueuedProgram, zerosOf } from '../queuedProgram';
import type { Binding, TensorInfo } from './binding';
import { engineFailure } from './engineFailure';
import { dtypeNumbers } from './graphDef';
import type { Name } from './graphWriter';
import type { GraphNames } from './lowerProgram';
import { type Chunk, ChunkPlanner } from './chunks';

/** A state between calls. */
interface StateMemory extends HeldState {
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
export class TensorflowCompiledProgram extends QueuedProgram<StateMemory> {
  protected readonly states: ReadonlyMap<string, StateMemory>;
  /** Constants that are fed: their names and tensors. */
  private readonly constants: readonly (readonly [Name, number])[];
  private readonly planner = new ChunkPlanner();
  private readonly outputNames: string;

  constructor(
    private readonly binding: Binding,
    private readonly parts: Parts,
    constants: Program['constants'],
  ) {
    super(parts.program, parts.ended);
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

  protected write(state: StateMemory, data: TensorData): void {
    // The binding may share the memory of what it is given: a state is nobody else's.
    this.replace(state, this.create(state.shape, { dtype: state.dtype, data: data.slice() }));
  }

  protected read({ dtype, shape, id }: StateMemory): TensorData {
    return id === undefined ? zerosOf(dtype, sizeOf(shape)) : this.binding.tensorDataSync(id);
  }

  protected free(): Promise<void> {
    for (const [, id] of this.constants) this.binding.deleteTensor(id);
    for (const state of this.states.values()) this.replace(state, undefined);
    if (this.parts.model !== undefined) this.binding.deleteSavedModel(this.parts.model);
    return Promise.resolve();
  }

  protected async runAll(steps: readonly Tensors[]): Promise<readonly Tensors[]> {
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
      [...names.nextStates.keys()].forEach((name, i) => this.replace(this.states.get(name) as StateMemory, results[names.outputs.size + i].id));
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
