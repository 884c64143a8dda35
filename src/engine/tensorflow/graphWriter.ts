import type { ComputeDType } from '../../core/model/tensor';
import type { ConstantValue, GraphAttributes, GraphDType, GraphNode } from './graphDef';
import { type GraphOp, typesOf } from './opTypes';

/** The name of a tensor in a TensorFlow graph under construction. */
export type Name = string;

/** A loop in which nodes stand; the graph itself is the outermost. */
interface Frame {
  readonly parent: Frame | undefined;
  readonly name: string;
  /** How deep in loops. */
  readonly depth: number;
  /** What was brought in from outside, by its name there. */
  readonly entered: Map<Name, Name>;
  /** What a constant inside waits for, so that each turn has it. */
  anchor: Name | undefined;
}

/** Where a tensor is and what it holds. */
interface Known {
  readonly frame: Frame;
  readonly dtype: GraphDType;
}

/** A loop that turns `count` times (int32 without axes). */
export interface CountedLoop {
  readonly count: Name;
  /** What goes from turn to turn, as the first one has it. */
  readonly carried: readonly Name[];
  /** Writes a turn; gives what the next one has. `index` counts from 0. */
  readonly body: (index: Name, carried: readonly Name[]) => readonly Name[];
}

/** A constant of at most this many bytes is written again inside a loop; a larger one enters it. */
const SMALL_CONSTANT = 256;
/** Turns that may run at the same time. They depend on one another, so more was measured to gain nothing. */
const PARALLEL_TURNS = 1;

/**
 * Collects the nodes of a TensorFlow graph. Equal nodes and equal small constants are written once; a node stands in the
 * outermost loop that has all it reads, so that what does not change from step to step is computed once for all of them.
 */
export class GraphWriter {
  /** Names the nodes that follow, so that TensorFlow's complaints name the operation of the program. */
  label = 'program';
  private readonly nodes: GraphNode[] = [];
  private readonly tensors = new Map<Name, Known>();
  private readonly constants = new Map<Name, ConstantValue>();
  private readonly shared = new Map<string, readonly Name[]>();
  /** What a loop's every turn has, even the one that its condition ends: tensors that entered it, and what is made of nothing else. */
  private readonly lasting = new Set<Name>();
  private readonly root: Frame = { parent: undefined, name: '', depth: 0, entered: new Map(), anchor: undefined };
  private frame: Frame = this.root;
  private names = 0;

  /** A tensor that is fed; -1 for a free axis. */
  input(dtype: ComputeDType, shape: readonly number[]): Name {
    return this.write('Placeholder', [], { attributes: { dtype: { type: dtype }, shape: { shape } }, outputs: [dtype], frame: this.root })[0];
  }

  /** Writes an operator and gives its first output. */
  op(op: GraphOp, inputs: readonly Name[], attributes: GraphAttributes = {}): Name {
    return this.ops(op, inputs, attributes)[0];
  }

  /** Writes an operator and gives all its outputs. */
  ops(op: GraphOp, inputs: readonly Name[], attributes: GraphAttributes = {}): readonly Name[] {
    const frame = inputs.map((name) => this.known(name).frame).reduce((deepest, own) => (own.depth > deepest.depth ? own : deepest), this.root);
    const brought = inputs.map((name) => this.bring(name, frame));
    const key = `${op}(${brought.join()})${JSON.stringify(attributes)}`;
    return this.once(key, () => this.typed(op, brought, { attributes, frame }));
  }

  /** A copy that no equal node shares: what is fetched must be computed. */
  copy(name: Name): Name {
    return this.typed('Identity', [this.bring(name, this.root)], { attributes: {}, frame: this.root })[0];
  }

  /** A new array that holds one tensor for each turn of a loop: its handle, and the flow that orders what is done with it. */
  array(dtype: GraphDType, size: Name): { handle: Name; flow: Name } {
    const attributes = { dtype: { type: dtype }, element_shape: { shape: 'unknown' }, clear_after_read: false, identical_element_shapes: true } as const;
    const [handle, flow] = this.typed('TensorArrayV3', [this.bring(size, this.root)], { attributes: { ...attributes, tensor_array_name: `array${this.names}` }, frame: this.root });
    return { handle, flow };
  }

  /** An empty list that takes one tensor for each turn of a loop; unlike an array it is a value, freed when nothing reads it. */
  list(dtype: GraphDType, size: number): Name {
    return this.op('TensorListReserve', [this.int(-1), this.int(size)], { element_dtype: { type: dtype }, shape_type: { type: 'int32' } });
  }

  dtype(name: Name): GraphDType {
    return this.known(name).dtype;
  }

  /** A float32 constant without axes. */
  float(number: number): Name {
    return this.constant('float32', [], Float32Array.of(number));
  }

  /** An int32 constant without axes. */
  int(number: number): Name {
    return this.constant('int32', [], Int32Array.of(number));
  }

  /** An int32 list: axes, shapes. */
  ints(...numbers: readonly number[]): Name {
    return this.constant('int32', [numbers.length], Int32Array.from(numbers));
  }

  constant(dtype: ComputeDType, shape: readonly number[], data: ArrayBufferView): Name {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const make = (): readonly Name[] => {
      const name = this.fresh('Const');
      this.constants.set(name, { dtype, shape, bytes });
      this.tensors.set(name, { frame: this.root, dtype });
      return [name];
    };
    const small = bytes.length <= SMALL_CONSTANT;
    return (small ? this.once(`const ${dtype} ${shape.join()} ${bytes.join()}`, make) : make())[0];
  }

  /** Writes a loop and gives what the last turn left. */
  loop({ count, carried, body }: CountedLoop): readonly Name[] {
    const outer = this.frame;
    const frame: Frame = { parent: outer, name: `loop${this.names++}`, depth: outer.depth + 1, entered: new Map(), anchor: undefined };
    const start = [this.int(0), ...carried].map((name) => this.bring(name, outer));
    const types = start.map((name) => this.dtype(name));
    const nexts = start.map(() => this.fresh('NextIteration'));
    const merged = start.map((name, i) => this.typed('Merge', [this.enter(name, frame, false), nexts[i]], { attributes: {}, frame, types: [types[i], types[i]] })[0]);
    const more = this.typed('Less', [merged[0], this.bring(count, frame)], { attributes: {}, frame });
    const [condition] = this.typed('LoopCond', more, { attributes: {}, frame });
    const switched = merged.map((name) => this.typed('Switch', [name, condition], { attributes: {}, frame }));
    // What waits for a Switch would run whichever way it goes; what waits for this runs in turns only.
    const [index] = this.typed('Identity', [switched[0][1]], { attributes: {}, frame });
    const values = switched.slice(1).map(([, inside]) => inside);
    frame.anchor = index;
    this.frame = frame;
    const results = [this.op('AddV2', [index, this.int(1)]), ...body(index, values)].map((name) => this.tie(this.bring(name, frame), frame));
    this.frame = outer;
    results.forEach((name, i) => this.typed('NextIteration', [name], { attributes: {}, frame, name: nexts[i] }));
    return switched.slice(1).map(([outside]) => this.typed('Exit', [outside], { attributes: {}, frame: outer })[0]);
  }

  finish(): readonly GraphNode[] {
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs));
    const constants = [...this.constants].filter(([name]) => read.has(name));
    return [...constants.map(([name, value]) => constantNode(name, value, [])), ...this.nodes];
  }

  /** The tensor as it is seen inside a loop. */
  private bring(name: Name, frame: Frame): Name {
    const { frame: own } = this.known(name);
    if (own === frame) return name;
    const entered = frame.entered.get(name);
    if (entered !== undefined) return entered;
    const constant = this.constants.get(name);
    const inside = constant && frame.anchor !== undefined && constant.bytes.length <= SMALL_CONSTANT
      ? this.repeat(constant, frame, frame.anchor)
      : this.enter(this.bring(name, frame.parent as Frame), frame, true);
    frame.entered.set(name, inside);
    return inside;
  }

  private enter(name: Name, frame: Frame, constant: boolean): Name {
    const attributes = { frame_name: frame.name, is_constant: constant, parallel_iterations: PARALLEL_TURNS };
    const [entered] = this.typed('Enter', [name], { attributes, frame });
    if (constant) this.lasting.add(entered);
    else this.lasting.delete(entered);
    return entered;
  }

  /**
   * TensorFlow begins another turn whenever one value reaches it, whatever the condition said: a next value that is there in
   * every turn would make turns for ever. It waits for the index, which ends with the loop.
   */
  private tie(name: Name, frame: Frame): Name {
    if (!this.lasting.has(name)) return name;
    return this.write('Identity', [name, `^${frame.anchor as Name}`], { attributes: { T: { type: this.dtype(name) } }, outputs: [this.dtype(name)], frame })[0];
  }

  private repeat(constant: ConstantValue, frame: Frame, anchor: Name): Name {
    const name = this.fresh('Const');
    this.nodes.push(constantNode(name, constant, [`^${anchor}`]));
    this.tensors.set(name, { frame, dtype: constant.dtype });
    return name;
  }

  /** Writes a node with the types that its inputs have, or that `types` says where an input is yet to be written. */
  private typed(op: GraphOp, inputs: readonly Name[], { attributes, frame, name, types }: TypedNode): readonly Name[] {
    const found = typesOf(op, types ?? inputs.map((input) => this.dtype(input)), attributes);
    return this.write(op, inputs, { attributes: { ...found.attributes, ...attributes }, outputs: found.outputs, frame, ...(name === undefined ? {} : { name }) });
  }

  private write(op: GraphOp | 'Placeholder', inputs: readonly Name[], { attributes, outputs, frame, name = this.fresh(op) }: WrittenNode): readonly Name[] {
    this.nodes.push({ name, op, inputs, attributes });
    const lasts = inputs.length > 0 && inputs.every((input) => this.lasting.has(input));
    return outputs.map((dtype, i) => {
      const output = i === 0 ? name : `${name}:${i}`;
      this.tensors.set(output, { frame, dtype });
      if (lasts) this.lasting.add(output);
      return output;
    });
  }

  private once(key: string, make: () => readonly Name[]): readonly Name[] {
    const known = this.shared.get(key);
    if (known) return known;
    const made = make();
    this.shared.set(key, made);
    return made;
  }

  private known(name: Name): Known {
    const known = this.tensors.get(name);
    if (!known) throw new Error(`no tensor is called ${name}`);
    return known;
  }

  private fresh(op: string): Name {
    return `${this.label}/${op}_${this.names++}`;
  }
}

interface TypedNode {
  readonly attributes: GraphAttributes;
  readonly frame: Frame;
  readonly name?: Name;
  readonly types?: readonly GraphDType[];
}

interface WrittenNode {
  readonly attributes: GraphAttributes;
  readonly outputs: readonly GraphDType[];
  readonly frame: Frame;
  readonly name?: Name;
}

function constantNode(name: Name, value: ConstantValue, inputs: readonly string[]): GraphNode {
  return { name, op: 'Const', inputs, attributes: { dtype: { type: value.dtype }, value: { constant: value } } };
}
