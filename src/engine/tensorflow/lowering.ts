import { SurgeryError } from '../../core/errors';
import { type ComputeDType, onlyNumber, sizeOf } from '../../core/model/tensor';
import { countUses, type Program, type ProgramNode } from '../../core/ops/program';
import type { Dim, Shape } from '../../core/ops/shape';
import { GraphWriter, type Name } from './graphWriter';

/** An output that is `source`, repeated along axes; written out only where somebody needs it whole. */
export interface Repeated {
  readonly source: number;
  make(): Name;
}

/** What the lowering of an operation gives for an output. */
export type Lowered = Name | Repeated;

/** Writes one operation of a program into the graph. */
export type Lower<A extends object = object> = (node: LoweringNode<A>, lowering: Lowering) => readonly Lowered[];

export interface LoweringNode<A extends object = object> {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly attributes: A;
}

/** Constants of at least this many elements are fed like a state that never changes: a graph on disk need not hold a network. */
const FED_CONSTANT = 4096;

/** The state of lowering one program. TensorFlow's tensors are channels last, as the program's. */
export class Lowering {
  readonly writer: GraphWriter;
  /** Names under which large constants are fed, by the program's values. */
  readonly fedConstants = new Map<number, Name>();
  private readonly held = new Map<number, Lowered>();
  /** Gives inputs and states their names, as they are asked for. */
  private outside: (value: number) => Name | undefined = () => undefined;
  private readonly constants: ReadonlyMap<number, Program['constants'][number]>;
  private readonly producers: ReadonlyMap<number, ProgramNode>;
  private readonly uses: ReadonlyMap<number, number>;

  /** `outer` lowers the program around a loop's body. */
  constructor(readonly program: Program, private readonly outer?: Lowering) {
    this.writer = outer?.writer ?? new GraphWriter();
    this.constants = new Map(program.constants.map((constant) => [constant.value, constant]));
    this.producers = new Map(program.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    this.uses = countUses(program);
  }

  shape(value: number): Shape {
    return this.program.values[value].shape;
  }

  dtype(value: number): ComputeDType {
    return this.program.values[value].dtype;
  }

  producer(value: number): ProgramNode | undefined {
    return this.producers.get(value);
  }

  /** How often nodes, states and outputs of the program read a value. */
  useCount(value: number): number {
    return this.uses.get(value) ?? 0;
  }

  /** The number in every element of a constant; undefined where there is not one. */
  splat(value: number): number | undefined {
    const constant = this.constants.get(value);
    return constant && onlyNumber(constant.tensor.data);
  }

  /** Says where values come from that no operation gives and that are no constants. */
  supply(outside: (value: number) => Name | undefined): void {
    this.outside = outside;
  }

  hold(value: number, lowered: Lowered): void {
    this.held.set(value, lowered);
  }

  /** Whether a value has been written; what is inside an operator of TensorFlow's own has not. */
  holds(value: number): boolean {
    return this.held.has(value);
  }

  /** What a broadcast value repeats; the value itself for all others. */
  source(value: number): number {
    const held = this.held.get(value);
    return typeof held === 'object' ? this.source(held.source) : value;
  }

  name(value: number): Name {
    const held = this.held.get(value);
    if (typeof held === 'string') return held;
    const name = held ? held.make() : (this.outside(value) ?? this.constantName(value));
    this.held.set(value, name);
    return name;
  }

  /** An int32 without axes: a dimension as it is when the graph runs. */
  dim(dim: Dim): Name {
    if (dim >= 0) return this.writer.int(dim);
    const batch = this.batch();
    return dim === -1 ? batch : this.writer.op('Mul', [batch, this.writer.int(-dim)]);
  }

  /** An int32 list of dimensions as they are when the graph runs. */
  dims(shape: Shape): Name {
    if (shape.every((dim) => dim >= 0)) return this.writer.ints(...shape);
    return this.writer.op('Pack', shape.map((dim) => this.dim(dim)), { axis: 0 });
  }

  reshape(name: Name, shape: Shape): Name {
    // One dimension at most counts batches; TensorFlow finds it by itself.
    return this.writer.op('Reshape', [name, this.writer.ints(...shape.map((dim) => (dim < 0 ? -1 : dim)))]);
  }

  /** A stretch of one axis. */
  cut(name: Name, axis: number, { start, end, step = 1 }: { start: number; end: number; step?: number }): Name {
    const { writer } = this;
    const before = new Array<number>(axis).fill(0);
    const masked = 2 ** axis - 1;
    const bounds = [writer.ints(...before, start), writer.ints(...before, end), writer.ints(...before.map(() => 1), step)];
    return writer.op('StridedSlice', [name, ...bounds], { begin_mask: masked, end_mask: masked });
  }

  private constantName(value: number): Name {
    const constant = this.constants.get(value);
    if (!constant) throw new SurgeryError('engine-failed', 'The program reads a value that nothing gives.', { received: String(value) });
    const { dtype, shape, data } = constant.tensor;
    if (this.outer || sizeOf(shape) < FED_CONSTANT) return this.writer.constant(dtype, shape, data);
    const name = this.writer.input(dtype, shape);
    this.fedConstants.set(value, name);
    return name;
  }

  /** The batch size, from the first input that has it. */
  private batch(): Name {
    const { writer, program, outer } = this;
    if (outer) return outer.batch();
    const source = program.inputs.find(({ value }) => this.shape(value).some((dim) => dim < 0));
    if (!source) throw new SurgeryError('engine-failed', 'A program without a batch axis among its inputs has no batch size.');
    const axis = this.shape(source.value).findIndex((dim) => dim < 0);
    const size = this.sizeOfAxis(this.name(source.value), axis);
    const multiple = -this.shape(source.value)[axis];
    return multiple === 1 ? size : writer.op('FloorDiv', [size, writer.int(multiple)]);
  }

  /** The size of an axis as an int32 without axes. */
  sizeOfAxis(name: Name, axis: number): Name {
    const { writer } = this;
    const sizes = writer.op('Shape', [name], { out_type: { type: 'int32' } });
    return writer.op('StridedSlice', [sizes, writer.ints(axis), writer.ints(axis + 1), writer.ints(1)], { shrink_axis_mask: 1 });
  }
}
