import { SurgeryError } from '../../core/errors';
import type { Tensor } from '../../core/model/tensor';
import type { NumericTensor } from '../../core/ops/definition';
import { operations } from '../../core/ops/operations';
import type { Program } from '../../core/ops/program';
import type { CompiledProgram, Engine, ExactStates, Tensors } from '../../core/ports';
import { expectFixedStates, expectTensor, readBatch } from '../../core/ops/feeding';
import { interpret } from './interpreter';
import { fromNumeric, toNumeric } from './numbers';

/**
 * Interprets programs in plain JavaScript and float64: the judge of the other engines, not one to train with. States stay
 * float64 from step to step; only what is fed and given is rounded to the program's dtypes.
 */
export class ReferenceEngine implements Engine {
  readonly name = 'reference';
  readonly version = '1';

  /** Throws `engine-failed` for an unknown operation or a state that would change its type. */
  compile(program: Program): Promise<CompiledProgram> {
    return settle(() => {
      expectSound(program);
      return new InterpretedProgram(program);
    });
  }

  /** Programs hold nothing but memory. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** The port is asynchronous, this engine is not; what it throws must still arrive as a rejection. */
function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function expectSound(program: Program): void {
  const unknown = program.nodes.find(({ op }) => !(op in operations));
  if (unknown) throw new SurgeryError('engine-failed', 'There is no such operation.', { received: unknown.op });
  expectFixedStates(program);
}

/** Values that outlive a step: constants, once converted, and states. */
class InterpretedProgram implements CompiledProgram {
  private readonly constants: ReadonlyMap<number, NumericTensor>;
  private states = new Map<string, NumericTensor>();
  private disposed = false;

  readonly exactState = {
    read: (): ExactStates => Object.fromEntries([...this.states].map(([name, { data }]) => [name, Float64Array.from(data)])),
    write: (states: ExactStates): void => {
      for (const [name, data] of Object.entries(states)) this.states.set(name, { shape: this.sizedAs(name, data), data });
    },
  };

  constructor(private readonly program: Program) {
    this.constants = new Map(program.constants.map(({ value, tensor }) => [value, toNumeric(tensor)]));
    for (const { name, value } of program.states) {
      const { shape } = program.values[value];
      this.states.set(name, { shape, data: new Float64Array(shape.reduce((size, dim) => size * dim, 1)) });
    }
  }

  writeState(states: Tensors): void {
    this.expectAlive();
    const entries = Object.entries(states);
    for (const [name, tensor] of entries) expectTensor(name, tensor, this.program.values[this.slot(name).value], 1);
    for (const [name, tensor] of entries) this.states.set(name, toNumeric(tensor));
  }

  readState(names: readonly string[] = this.program.states.map(({ name }) => name)): Promise<Tensors> {
    const read = (name: string): [string, Tensor] => {
      const { dtype } = this.program.values[this.slot(name).value];
      return [name, fromNumeric(this.state(name), dtype)];
    };
    return settle(() => {
      this.expectAlive();
      return Object.fromEntries(names.map(read));
    });
  }

  run(steps: readonly Tensors[]): Promise<readonly Tensors[]> {
    return settle(() => {
      this.expectAlive();
      return steps.map((step) => this.step(step));
    });
  }

  dispose(): Promise<void> {
    this.disposed = true;
    this.states.clear();
    return Promise.resolve();
  }

  private step(step: Tensors): Tensors {
    const { program } = this;
    const batch = readBatch(program, step);
    const feeds = new Map(this.constants);
    for (const { name, value } of program.inputs) feeds.set(value, toNumeric(step[name]));
    for (const { name, value } of program.states) feeds.set(value, this.state(name));
    const lookup = interpret(program, feeds, batch);
    const outputs = program.outputs.map(({ name, value }) => [name, fromNumeric(lookup(value), program.values[value].dtype)]);
    this.states = new Map(program.states.map(({ name, next }) => [name, lookup(next)]));
    return Object.fromEntries(outputs) as Tensors;
  }

  /** The state's shape, which these numbers must fill. */
  private sizedAs(name: string, data: Float64Array): readonly number[] {
    const { shape, data: held } = this.state(name);
    if (held.length === data.length) return shape;
    throw new SurgeryError('engine-failed', 'A state has another size.', { expected: `${held.length} numbers`, received: `${data.length}`, where: name });
  }

  private slot(name: string): Program['states'][number] {
    const slot = this.program.states.find((state) => state.name === name);
    if (slot) return slot;
    throw new SurgeryError('engine-failed', 'The program has no such state.', { received: name, where: name });
  }

  private state(name: string): NumericTensor {
    this.slot(name);
    return this.states.get(name) as NumericTensor;
  }

  private expectAlive(): void {
    if (this.disposed) throw new SurgeryError('engine-failed', 'The program has been disposed.');
  }
}
