import { SurgeryError } from '../core/errors';
import type { ComputeDType, Tensor, TensorData } from '../core/model/tensor';
import { expectTensor } from '../core/ops/feeding';
import type { Program } from '../core/ops/program';
import type { CompiledProgram, Tensors } from '../core/ports';

/** A state between steps, as every engine keeps it. */
export interface HeldState {
  readonly name: string;
  readonly dtype: ComputeDType;
  readonly shape: readonly number[];
}

/**
 * What compiled programs of native runtimes have in common: states by name, and one call at a time, in the order in which they were
 * asked for.
 */
export abstract class QueuedProgram<State extends HeldState> implements CompiledProgram {
  protected abstract readonly states: ReadonlyMap<string, State>;
  /** Steps asked for before, so that what is asked for next waits for them. */
  private pending: Promise<unknown> = Promise.resolve();
  private disposed = false;

  /** `program` may be without nodes and constants; `ended` is called once, when the program is disposed. */
  protected constructor(protected readonly program: Program, private readonly ended: () => void) {}

  writeState(states: Tensors): void {
    this.expectAlive();
    const { values, states: slots } = this.program;
    const types = new Map(slots.map(({ name, value }) => [name, values[value]]));
    for (const [name, tensor] of Object.entries(states)) {
      this.held(name);
      expectTensor(name, tensor, types.get(name) as Program['values'][number], 1);
    }
    for (const [name, { data }] of Object.entries(states)) this.write(this.held(name), data);
  }

  readState(names: readonly string[] = [...this.states.keys()]): Promise<Tensors> {
    const copyOf = (name: string): Tensor => {
      const state = this.held(name);
      return { dtype: state.dtype, shape: state.shape, data: this.read(state) };
    };
    return this.inTurn(() => Promise.resolve(Object.fromEntries(names.map((name) => [name, copyOf(name)]))));
  }

  run(steps: readonly Tensors[]): Promise<readonly Tensors[]> {
    return this.inTurn(() => this.runAll(steps));
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.ended();
    await this.pending.catch(() => undefined);
    await this.free();
  }

  /** Runs steps one after the other; nothing else is on its way. */
  protected abstract runAll(steps: readonly Tensors[]): Promise<readonly Tensors[]>;
  /** Sets a state to a copy of these elements, of its type. */
  protected abstract write(state: State, data: TensorData): void;
  /** A copy of a state's elements. */
  protected abstract read(state: State): TensorData;
  /** Gives back what the runtime holds for the program; once. */
  protected abstract free(): Promise<void>;

  /** One after the other, whatever the order in which callers wait. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.pending.then(() => {
      this.expectAlive();
      return work();
    });
    this.pending = turn.catch(() => undefined);
    return turn;
  }

  private held(name: string): State {
    const state = this.states.get(name);
    if (state) return state;
    throw new SurgeryError('engine-failed', 'The program has no such state.', { received: name, where: name });
  }

  private expectAlive(): void {
    if (this.disposed) throw new SurgeryError('engine-failed', 'The program has been disposed.');
  }
}

export function zerosOf(dtype: ComputeDType, size: number): TensorData {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
