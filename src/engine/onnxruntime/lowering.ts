import { SurgeryError } from '../../core/errors';
import { onlyNumber } from '../../core/model/tensor';
import type { TensorType } from '../../core/ops/graph';
import { countUses, type Program, type ProgramNode } from '../../core/ops/program';
import type { Dim, Shape } from '../../core/ops/shape';
import { GraphWriter, type Name } from './graphWriter';
import { type Layout, isTrivialMove, moved, toFirst, toLast } from './layout';

/** What the lowering of an operation gives for an output: a tensor and how it lies. */
export interface Written {
  readonly name: Name;
  readonly layout: Layout;
}

/** An output that is `source`, repeated along axes; written out only where somebody needs it whole. */
export interface Repeated {
  readonly source: number;
  make(layout: Layout): Name;
}

export type Lowered = Written | Repeated;

/** Writes one operation of a program into the ONNX graph. */
export type Lower<A extends object = object> = (node: LoweringNode<A>, lowering: Lowering) => readonly Lowered[];

export interface LoweringNode<A extends object = object> {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly attributes: A;
}

/** A value in the forms it has been brought to so far. */
interface Held {
  readonly forms: Partial<Record<Layout, Name>>;
  /** How the operation that made it left it. */
  readonly native: Layout;
  /** Makes either form at the same cost: a broadcast that has not been carried out. */
  readonly make?: (layout: Layout) => Name;
}

/**
 * The state of lowering one program. The program's tensors are channels last, ONNX' convolutions want channels first: each
 * value is held as it was made and transposed, once, where something needs the other order.
 */
export class Lowering {
  readonly writer: GraphWriter;
  /** Names that the graph takes, by the program's values; only what is needed. */
  readonly fed = new Map<number, Name>();
  private readonly sources = new Map<number, number>();
  private readonly held = new Map<number, Held>();
  private readonly constants: ReadonlyMap<number, Program['constants'][number]>;
  private readonly uses: ReadonlyMap<number, number>;
  private readonly producers: ReadonlyMap<number, ProgramNode>;

  /** `outer` lowers the program around a loop's body. */
  constructor(readonly program: Program, private readonly outer?: Lowering) {
    this.writer = new GraphWriter(outer?.writer);
    this.constants = new Map(program.constants.map((constant) => [constant.value, constant]));
    this.uses = countUses(program);
    this.producers = new Map(program.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  }

  type(value: number): TensorType {
    return this.program.values[value];
  }

  shape(value: number): Shape {
    return this.program.values[value].shape;
  }

  /** How often nodes, states and outputs of the program read a value. */
  useCount(value: number): number {
    return this.uses.get(value) ?? 0;
  }

  producer(value: number): ProgramNode | undefined {
    return this.producers.get(value);
  }

  /** The number in every element of a constant, repeated or not; undefined where there is not one. */
  splat(value: number): number | undefined {
    const producer = this.producer(value);
    const constant = this.constants.get(producer?.op === 'broadcastTo' ? producer.inputs[0] : value);
    return constant && onlyNumber(constant.tensor.data);
  }

  hold(value: number, lowered: Lowered): void {
    if ('name' in lowered) {
      this.held.set(value, { forms: { [lowered.layout]: lowered.name }, native: lowered.layout });
      return;
    }
    this.sources.set(value, lowered.source);
    this.held.set(value, { forms: {}, native: this.layoutOf(lowered.source), make: (layout) => lowered.make(layout) });
  }

  /** What a broadcast value repeats; the value itself for all others. */
  source(value: number): number {
    const source = this.sources.get(value);
    return source === undefined ? value : this.source(source);
  }

  /** How the operation that made a value left it. */
  layoutOf(value: number): Layout {
    return this.find(value).native;
  }

  /** Whether a value can be had in an order without another transposition. */
  has(value: number, layout: Layout): boolean {
    const { forms, make } = this.find(value);
    return forms[layout] !== undefined || make !== undefined || isTrivialMove(this.shape(value));
  }

  /** The value in the order of the program. */
  last(value: number): Name {
    return this.form(value, 'last');
  }

  /** The value with the channels right after the batch. */
  first(value: number): Name {
    return this.form(value, 'first');
  }

  form(value: number, layout: Layout): Name {
    const held = this.find(value);
    const known = held.forms[layout];
    if (known !== undefined) return known;
    const made = held.make ? held.make(layout) : this.move(held.forms[held.native] as Name, this.shape(value), layout);
    held.forms[layout] = made;
    return made;
  }

  /** An int64 list of one: a dimension as it is when the graph runs. */
  dim(dim: Dim): Name {
    if (dim >= 0) return this.writer.ints(dim);
    const batch = this.batch();
    return dim === -1 ? batch : this.writer.op('Mul', [batch, this.writer.ints(-dim)]);
  }

  private move(name: Name, shape: Shape, layout: Layout): Name {
    const rank = shape.length;
    if (rank < 3) return name;
    if (isTrivialMove(shape)) return this.writer.reshape(name, reshapeDims(layout === 'first' ? moved(shape) : shape));
    return this.writer.transpose(name, layout === 'first' ? toFirst(rank) : toLast(rank));
  }

  private find(value: number): Held {
    const known = this.held.get(value);
    if (known) return known;
    const constant = this.constants.get(value);
    const { shape, dtype } = this.type(value);
    const name = constant ? this.writer.constant(dtype, shape, constant.tensor.data) : this.feed(value);
    const made: Held = { forms: { last: name }, native: 'last' };
    this.held.set(value, made);
    return made;
  }

  /** Declares a value as an input of the graph. */
  feed(value: number): Name {
    const name = this.writer.input(this.type(value).dtype, this.dims(value));
    this.fed.set(value, name);
    return name;
  }

  /** As ONNX declares a shape: a word stands for a size that is known only when the graph runs. */
  dims(value: number): (number | string)[] {
    return this.shape(value).map((dim) => (dim >= 0 ? dim : `batch${-dim}`));
  }

  /** The batch size, from the first input that has it. */
  private batch(): Name {
    const sources = [...this.program.inputs, ...this.program.states];
    const source = sources.find(({ value }) => this.shape(value).some((dim) => dim < 0));
    if (!source && this.outer) return this.outer.dim(-1);
    if (!source) throw new SurgeryError('engine-failed', 'A program without a batch axis among its inputs has no batch size.');
    const shape = this.shape(source.value);
    const axis = shape.findIndex((dim) => dim < 0);
    const size = this.writer.op('Shape', [this.last(source.value)], { start: axis, end: axis + 1 });
    return shape[axis] === -1 ? size : this.writer.op('Div', [size, this.writer.ints(-shape[axis])]);
  }
}

/** A shape with at most one batch multiple, as Reshape takes it. */
export function reshapeDims(shape: Shape): number[] {
  return shape.map((dim) => (dim < 0 ? -1 : dim));
}
