import type { ComputeDType, Tensor } from '../model/tensor';
import type { OpDefinition } from './definition';
import type { Program } from './program';
import type { Shape } from './shape';

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: ComputeDType;
}

/** A tensor in a graph under construction. */
export interface Value extends TensorType {
  readonly id: number;
  readonly graph: Graph;
}

/** One operation in a graph under construction. */
export interface GraphNode<A extends object = object> {
  readonly op: OpDefinition<A>;
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly outputs: readonly Value[];
}

/** A tensor that lives from step to step: a weight, a moving statistic, an optimizer slot. */
export interface StateSlot {
  readonly name: string;
  readonly value: Value;
  /** What the step leaves in it; itself where it only is read. */
  next: Value;
}

/**
 * Collects operations in the order in which they are written; that order is a valid order of execution. Ops are written
 * with the functions of the files beside this one: `add(matmul(x, kernel), bias)`.
 */
export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly values: Value[] = [];
  readonly inputs = new Map<string, Value>();
  readonly constants = new Map<number, Tensor>();
  readonly states = new Map<string, StateSlot>();
  readonly outputs = new Map<string, Value>();
  private readonly producers = new Map<number, GraphNode>();
  private readonly scalars = new Map<string, Value>();

  /** A tensor that is fed at each step. */
  input(name: string, type: TensorType): Value {
    if (this.inputs.has(name)) throw new Error(`input ${name} was declared before`);
    const value = this.value(type);
    this.inputs.set(name, value);
    return value;
  }

  /** A tensor that never changes: a frozen weight, a table. Engines may pre-pack it. */
  constant(tensor: Tensor): Value {
    const value = this.value({ shape: tensor.shape, dtype: tensor.dtype });
    this.constants.set(value.id, tensor);
    return value;
  }

  /** A float32 (or int32) constant without axes; equal ones are one value. */
  scalar(number: number, dtype: 'float32' | 'int32' = 'float32'): Value {
    const key = `${dtype} ${Object.is(number, -0) ? '-0' : number}`;
    const known = this.scalars.get(key);
    if (known) return known;
    const data = dtype === 'float32' ? Float32Array.of(number) : Int32Array.of(number);
    const value = this.constant({ dtype, shape: [], data });
    this.scalars.set(key, value);
    return value;
  }

  /** A tensor that lives from step to step; asking twice for a name gives the same one. */
  state(name: string, type: TensorType): Value {
    const known = this.states.get(name);
    if (known) return known.value;
    const value = this.value(type);
    this.states.set(name, { name, value, next: value });
    return value;
  }

  /** Says what a state holds after the step. */
  update(name: string, next: Value): void {
    const slot = this.states.get(name);
    if (!slot) throw new Error(`no state is named ${name}`);
    slot.next = next;
  }

  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw new Error(`output ${name} was declared before`);
    this.outputs.set(name, value);
  }

  /** Writes one operation; its shape rule is applied here and throws `shape-mismatch`. */
  add<A extends object>(op: OpDefinition<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
    const outputs = op.infer(inputs, attributes).map((type) => this.value(type));
    const node = { op, inputs, attributes, outputs } as unknown as GraphNode;
    this.nodes.push(node);
    for (const output of outputs) this.producers.set(output.id, node);
    return outputs;
  }

  /** The node that computes a value; none for inputs, constants and states. */
  producer(value: Value): GraphNode | undefined {
    return this.producers.get(value.id);
  }

  /** The finished program: plain data, without the nodes that no output and no state needs. */
  finish(): Program {
    const needed = new Set<number>();
    for (const value of this.outputs.values()) needed.add(value.id);
    for (const slot of this.states.values()) needed.add(slot.next.id);
    const kept: GraphNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      const used = node.outputs.map((output) => needed.has(output.id));
      if (!used.includes(true)) continue;
      const narrow = node.op.narrow ? { ...node, ...node.op.narrow(node, used) } : node;
      for (const input of narrow.inputs) needed.add(input.id);
      kept.push(narrow);
    }
    return {
      values: this.values.map(({ shape, dtype }) => ({ shape, dtype })),
      nodes: kept.reverse().map((node) => ({
        op: node.op.name,
        inputs: node.inputs.map(({ id }) => id),
        attributes: node.attributes,
        outputs: node.outputs.map(({ id }) => id),
      })),
      inputs: [...this.inputs].map(([name, { id }]) => ({ name, value: id })),
      constants: [...this.constants].filter(([id]) => needed.has(id)).map(([value, tensor]) => ({ value, tensor })),
      states: [...this.states.values()].map(({ name, value, next }) => ({ name, value: value.id, next: next.id })),
      outputs: [...this.outputs].map(([name, { id }]) => ({ name, value: id })),
    };
  }

  private value({ shape, dtype }: TensorType): Value {
    const value: Value = { id: this.values.length, shape, dtype, graph: this };
    this.values.push(value);
    return value;
  }
}
