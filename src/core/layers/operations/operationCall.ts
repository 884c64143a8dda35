import { SurgeryError } from '../../errors';
import { isJsonObject, type Json, type JsonObject } from '../../model/json';
import { sizeOf, type ComputeDType, type Tensor } from '../../model/tensor';
import { cast } from '../../ops/cast';
import type { Graph, Value } from '../../ops/graph';
import { normalizeAxis } from '../../ops/shape';
import type { GivenArgument } from '../callArguments';
import { asFloat } from '../shapes';
import type { KerasOperation, OperationConfig } from './operation';

/** A tensor, or a number that takes the element type of its partner. */
export type Operand = Value | number;

/** What one call of an operation is given, by Keras' names of its arguments. */
export class OperationCall {
  constructor(
    private readonly operation: KerasOperation,
    private readonly config: OperationConfig,
    private readonly inputs: readonly Value[],
  ) {}

  /** The graph that the operation is written into. Throws `unsupported` where it reads no tensor. */
  get graph(): Graph {
    const first = this.inputs.at(0);
    if (!first) throw this.refuse('a call without a tensor', 'nothing');
    return first.graph;
  }

  /** A tensor; plain numbers and lists are constants. */
  tensor(name: string): Value {
    return this.valueOf(this.required(name), name);
  }

  /** A tensor in float32: what Keras computes means, roots and exponentials in. */
  float(name: string): Value {
    return asFloat(this.tensor(name));
  }

  /** The tensors of a list. */
  tensors(name: string): Value[] {
    const argument = this.required(name);
    if (argument.kind === 'list') return argument.items.map((item) => this.valueOf(item, name));
    if (argument.kind === 'tensor') return [this.valueOf(argument, name)];
    throw this.refuse(`${name} as ${show(argument.value)}`, show(argument.value));
  }

  /** Every argument as a tensor, in float32: operations that take any number of them. */
  everyFloat(): Value[] {
    return this.config.given.args.map((argument) => asFloat(this.valueOf(argument, 'operands')));
  }

  has(name: string): boolean {
    const argument = this.find(name);
    return argument !== undefined && !(argument.kind === 'value' && argument.value === null);
  }

  /** Two operands in the element type that Keras promotes them to; a number stays one. Bool counts as int32. */
  pair(a: string, b: string): [Operand, Operand] {
    const [left, right] = [this.required(a), this.required(b)].map((argument, index) => this.operand(argument, index === 0 ? a : b));
    if (typeof left === 'number' && typeof right === 'number') throw this.refuse('a call without a tensor', 'two numbers');
    const given = [left, right].flatMap((side) => (typeof side === 'number' ? [] : [side.dtype]));
    const float = given.includes('float32') || [a, b].some((name) => this.isFloat(name));
    const type = float ? 'float32' : 'int32';
    return [left, right].map((side) => (typeof side === 'number' ? side : cast(side, type))) as [Operand, Operand];
  }

  /** As `pair`, where both may be numbers. */
  branches(a: string, b: string): [Operand, Operand] {
    const numbers = [a, b].map((name) => this.plainNumber(name));
    if (numbers.includes(undefined)) return this.pair(a, b);
    const [left = 0, right = 0] = numbers;
    return [this.graph.scalar(left, this.isFloat(a) || this.isFloat(b) ? 'float32' : 'int32'), right];
  }

  /** The same in float32. */
  floats(a: string, b: string): [Operand, Operand] {
    return this.pair(a, b).map((side) => (typeof side === 'number' ? side : asFloat(side))) as [Operand, Operand];
  }

  /** The same, numbers too as tensors. */
  floatTensors(a: string, b: string): [Value, Value] {
    return this.floats(a, b).map((side) => (typeof side === 'number' ? this.graph.scalar(side) : side)) as [Value, Value];
  }

  /** A plain value; undefined where it is None or left out. Throws `unsupported` where it is a tensor. */
  plain(name: string): Json | undefined {
    const argument = this.find(name);
    if (argument === undefined) return undefined;
    if (argument.kind !== 'value') throw this.refuse(`a tensor as ${name}`, 'a tensor');
    return argument.value ?? undefined;
  }

  number(name: string, missing?: number): number {
    const value = this.plain(name) ?? missing;
    if (typeof value === 'number') return value;
    throw this.refuse(`${name} as ${show(value)}`, show(value));
  }

  /** Whole numbers: one or a list; undefined where left out. */
  integers(name: string): readonly number[] | undefined {
    const value = this.plain(name);
    if (value === undefined) return undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.every((item): item is number => typeof item === 'number' && Number.isInteger(item))) return list;
    throw this.refuse(`${name} as ${show(value)}`, show(value));
  }

  flag(name: string): boolean {
    return this.plain(name) === true;
  }

  /** One axis of a tensor, from the front. */
  axis(x: Value, name = 'axis', missing?: number): number {
    return normalizeAxis(this.number(name, missing), x.shape.length);
  }

  /** Refuses an argument that is set to anything but `allowed`. */
  only(name: string, ...allowed: readonly Json[]): void {
    const value = this.plain(name);
    if (value !== undefined && !allowed.includes(value)) throw this.refuse(`${name} as ${show(value)}`, show(value));
  }

  refuse(what: string, received: string): SurgeryError {
    const { className } = this.operation;
    return new SurgeryError('unsupported', `The operation ${className} is not run with ${what}.`, { expected: `a call of ${className} that is supported`, received });
  }

  private find(name: string): GivenArgument | undefined {
    const { settings, given } = this.config;
    const place = this.operation.parameters.indexOf(name);
    const argument = (place < 0 ? undefined : given.args.at(place)) ?? (Object.hasOwn(given.kwargs, name) ? given.kwargs[name] : undefined);
    if (argument) return argument;
    return name in settings ? { kind: 'value', value: settings[name] ?? null, float: false } : undefined;
  }

  private required(name: string): GivenArgument {
    const argument = this.find(name);
    if (argument) return argument;
    throw this.refuse(`${name} missing`, 'nothing');
  }

  private operand(argument: GivenArgument, name: string): Operand {
    if (argument.kind === 'value' && typeof argument.value === 'number') return argument.value;
    if (argument.kind === 'value' && typeof argument.value === 'boolean') return Number(argument.value);
    return this.valueOf(argument, name);
  }

  private plainNumber(name: string): number | undefined {
    const argument = this.required(name);
    return argument.kind === 'value' && typeof argument.value === 'number' ? argument.value : undefined;
  }

  private isFloat(name: string): boolean {
    const argument = this.find(name);
    return argument?.kind === 'value' && typeof argument.value === 'number' && (argument.float || !Number.isInteger(argument.value));
  }

  private valueOf(argument: GivenArgument, name: string): Value {
    if (argument.kind === 'list') throw this.refuse(`a list of tensors as ${name}`, 'a list');
    if (argument.kind === 'value') return this.constant(argument, name);
    const value = this.inputs.at(argument.index);
    if (value) return value;
    throw new Error(`an operation reads a tensor that it is not given: ${name}`);
  }

  private constant(argument: { readonly value: Json; readonly float: boolean }, name: string): Value {
    const tensor = constantOf(argument);
    if (!tensor) throw this.refuse(`${name} as ${show(argument.value)}`, show(argument.value));
    return this.graph.constant(tensor);
  }
}

/** A number, a nested list, or what Keras writes for a concrete array: `__tensor__` and `__numpy__`; undefined for anything else. */
function constantOf({ value, float }: { readonly value: Json; readonly float: boolean }): Tensor | undefined {
  const config = arrayConfig(value);
  const held = config ? (config['value'] ?? null) : value;
  const [shape, numbers] = [shapeOf(held), flat(held)];
  const own = numbers.every(Number.isInteger) && !float ? 'int32' : 'float32';
  const dtype = config ? computeDType(config['dtype']) : own;
  return dtype === undefined || numbers.length !== sizeOf(shape) ? undefined : tensorOf(dtype, shape, numbers);
}

function arrayConfig(value: Json): JsonObject | undefined {
  const written = isJsonObject(value) && (value['class_name'] === '__tensor__' || value['class_name'] === '__numpy__') ? value['config'] : undefined;
  return isJsonObject(written) ? written : undefined;
}

function tensorOf(dtype: ComputeDType, shape: readonly number[], numbers: readonly number[]): Tensor {
  const data = dtype === 'float32' ? Float32Array.from(numbers) : dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
  return { dtype, shape, data };
}

function shapeOf(value: Json): number[] {
  if (!Array.isArray(value)) return [];
  const items = value as readonly Json[];
  return [items.length, ...shapeOf(items[0] ?? null)];
}

/** The numbers of a nested list; what is no number is left out. */
function flat(value: Json): number[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(flat);
  return typeof value === 'number' || typeof value === 'boolean' ? [Number(value)] : [];
}

/** What we compute an element type of Keras in; undefined for text and complex numbers. */
export function computeDType(dtype: Json | undefined): ComputeDType | undefined {
  if (typeof dtype !== 'string') return undefined;
  if (/^(bfloat|float)\d+$/.test(dtype)) return 'float32';
  return /^u?int\d+$/.test(dtype) ? 'int32' : dtype === 'bool' ? 'bool' : undefined;
}

function show(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
