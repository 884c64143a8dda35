import { sizeOf } from '../../core/model/tensor';
import type { OnnxAttribute, OnnxAttributes, OnnxDType, OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from './onnxModel';

/** The name of a tensor in an ONNX graph under construction. */
export type Name = string;

/** Smallest int64: for Slice, "to the very beginning" when walking backwards. */
export const BEGINNING = -(2 ** 62);

/** Operators that are onnxruntime's own, not ONNX's. */
const contribOps: ReadonlySet<string> = new Set(['FusedMatMul']);

/** The elements of a constant, kept for folding. */
interface Constant {
  readonly dtype: OnnxDType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** What the body of a loop shares with the graph around it. */
interface Common {
  readonly initializers: OnnxTensor[];
  readonly constants: Map<Name, Constant>;
  /** Names of constants by what they hold. */
  readonly small: Map<string, Name>;
  /** How many names were given. */
  names: number;
}

/**
 * Collects nodes and constants of an ONNX graph. Equal nodes and equal small constants are written once; a transposed
 * constant is a constant (so that a frozen kernel is laid out when the program is compiled, not at each step).
 */
export class GraphWriter {
  readonly nodes: OnnxNode[] = [];
  /** Names the nodes that follow, so that onnxruntime's complaints name the operation of the program. */
  label = '';
  private readonly inputs: OnnxValueInfo[] = [];
  private readonly common: Common;
  private readonly known = new Map<string, readonly Name[]>();
  private readonly computed = new Set<Name>();

  /** The body of a loop shares constants and the supply of names with the graph around it. */
  constructor(outer?: GraphWriter) {
    this.common = outer?.common ?? { initializers: [], constants: new Map(), small: new Map(), names: 0 };
    this.label = outer?.label ?? '';
  }

  input(dtype: OnnxDType, dims: readonly (number | string)[]): Name {
    const name = this.fresh();
    this.inputs.push({ name, dtype, dims });
    return name;
  }

  /** Writes an operator with one output. */
  op(op: string, inputs: readonly Name[], attributes: OnnxAttributes = {}): Name {
    return this.ops(op, inputs, { attributes, outputs: 1 })[0];
  }

  /** Writes an operator with several outputs. */
  ops(op: string, inputs: readonly Name[], { attributes, outputs }: { attributes: OnnxAttributes; outputs: number }): readonly Name[] {
    const key = `${op}(${inputs.join()})${keyOf(attributes)}`;
    const known = this.known.get(key);
    if (known && known.length >= outputs) return known;
    const written = this.write(op, inputs, { attributes, outputs });
    this.known.set(key, written);
    return written;
  }

  /** Whether a node gives it, not the outside or a constant. */
  isComputed(name: Name): boolean {
    return this.computed.has(name);
  }

  /** A copy under a name of its own, which no equal node shares. */
  copy(name: Name): Name {
    return this.write('Identity', [name], { attributes: {}, outputs: 1 })[0];
  }

  /** A float32 constant without axes. */
  float(number: number): Name {
    return this.shared(`f${Object.is(number, -0) ? '-0' : number}`, () => this.constant('float32', [], Float32Array.of(number)));
  }

  /** An int64 list: axes, shapes, repeats. */
  ints(...numbers: readonly number[]): Name {
    return this.shared(`i${numbers.join()}`, () => this.constant('int64', [numbers.length], BigInt64Array.from(numbers, BigInt)));
  }

  /** A float32 constant that equal ones share, named by what it is. */
  table(key: string, dims: readonly number[], make: () => Float32Array): Name {
    return this.shared(`t${key}`, () => this.constant('float32', dims, make()));
  }

  constant(dtype: OnnxDType, dims: readonly number[], data: ArrayBufferView): Name {
    const name = this.fresh();
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.common.initializers.push({ name, dtype, dims, bytes });
    this.common.constants.set(name, { dtype, dims, bytes });
    return name;
  }

  transpose(name: Name, permutation: readonly number[]): Name {
    if (permutation.every((axis, i) => axis === i)) return name;
    const constant = this.common.constants.get(name);
    if (!constant || constant.dtype === 'int64') return this.op('Transpose', [name], { perm: permutation });
    return this.shared(`p${name},${permutation.join()}`, () => {
      const { dims, data } = transposeElements(constant, permutation);
      return this.constant(constant.dtype, dims, data);
    });
  }

  /** `shape` as ONNX's Reshape takes it: at most one -1 for what is left. */
  reshape(name: Name, shape: readonly number[]): Name {
    const constant = this.common.constants.get(name);
    if (constant && shape.every((dim) => dim > 0)) {
      return this.shared(`r${name},${shape.join()}`, () => this.constant(constant.dtype, shape, constant.bytes));
    }
    return this.op('Reshape', [name, this.ints(...shape)]);
  }

  /** Of a loop's body or of the whole; constants stand in the outermost graph only, and only those that are used. */
  finish(outputs: readonly OnnxValueInfo[], body = false): OnnxGraph {
    const used = body ? new Set<Name>() : usedNames(this.nodes);
    const initializers = body ? [] : this.common.initializers.filter(({ name }) => used.has(name));
    return { nodes: this.nodes, initializers, inputs: this.inputs, outputs };
  }

  private shared(key: string, make: () => Name): Name {
    const known = this.common.small.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.common.small.set(key, name);
    return name;
  }

  private write(op: string, inputs: readonly Name[], { attributes, outputs }: { attributes: OnnxAttributes; outputs: number }): readonly Name[] {
    const names = Array.from({ length: outputs }, () => this.fresh());
    for (const name of names) this.computed.add(name);
    const domain = contribOps.has(op) ? 'com.microsoft' : '';
    this.nodes.push({ op, domain, name: `${this.label} ${op} ${names[0]}`, inputs, outputs: names, attributes });
    return names;
  }

  private fresh(): Name {
    return `t${this.common.names++}`;
  }
}

function keyOf(attributes: OnnxAttributes): string {
  return JSON.stringify(attributes, (_, value: OnnxAttribute) => value);
}

function usedNames(nodes: readonly OnnxNode[], used = new Set<Name>()): Set<Name> {
  for (const node of nodes) {
    for (const input of node.inputs) used.add(input);
    for (const value of Object.values(node.attributes)) {
      if (typeof value === 'object' && 'graph' in value) usedNames(value.graph.nodes, used);
    }
  }
  return used;
}

/** Elements are moved as 4-byte words, or as bytes where they are bool. */
function transposeElements({ dims, bytes, dtype }: Constant, permutation: readonly number[]): { dims: number[]; data: ArrayBufferView } {
  const source = dtype === 'bool' ? bytes : new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const data = dtype === 'bool' ? new Uint8Array(source.length) : new Uint32Array(source.length);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const target = permutation.map((axis) => dims[axis]);
  const steps = permutation.map((axis) => strides[axis]);
  const index = target.map(() => 0);
  for (let to = 0, from = 0; to < data.length; to++) {
    data[to] = source[from];
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < target[axis]) break;
      from -= steps[axis] * target[axis];
      index[axis] = 0;
    }
  }
  return { dims: target, data };
}
