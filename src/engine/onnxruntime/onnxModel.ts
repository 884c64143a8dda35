import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ComputeDType } from '../../core/model/tensor';
import { integer, message, text } from '../protobuf';

/** Element types of tensors in an ONNX graph; int64 only for shapes, axes and indices. */
export type OnnxDType = ComputeDType | 'int64';

/** `TensorProto.DataType` of onnx.proto3. */
export const dtypeNumbers: Readonly<Record<OnnxDType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** A constant of a graph. Bytes are little endian, row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** An attribute: an integer, a list of integers, a word, a float, or a graph (the body of a loop). */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number } | { readonly graph: OnnxGraph };
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  readonly op: string;
  /** Of the operator set: empty for ONNX's own. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** An input or output of a graph. A word in `dims` is a size that is known only when the graph runs. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly dims?: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/** ONNX operators as of 1.13; reductions take their axes as an input since this one. */
const OPSET = 18;
const IR_VERSION = 8;
/** onnxruntime's own operators: FusedMatMul multiplies transposed operands without copying them. */
const CONTRIB_DOMAIN = 'com.microsoft';

/** `AttributeProto.AttributeType` */
const attributeType = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

/** The bytes of an ONNX file (`ModelProto` of onnx.proto3; field numbers are from there). */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const writer = new BinaryWriter();
  integer(writer, 1, IR_VERSION);
  message(writer, 7, () => writeGraph(writer, graph, 'step'));
  for (const [domain, version] of [['', OPSET], [CONTRIB_DOMAIN, 1]] as const) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      integer(writer, 2, version);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph, name: string): void {
  for (const node of graph.nodes) message(writer, 1, () => writeNode(writer, node));
  text(writer, 2, name);
  for (const tensor of graph.initializers) message(writer, 5, () => writeTensor(writer, tensor));
  for (const input of graph.inputs) message(writer, 11, () => writeValueInfo(writer, input));
  for (const output of graph.outputs) message(writer, 12, () => writeValueInfo(writer, output));
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, node.name);
  text(writer, 4, node.op);
  for (const [key, value] of Object.entries(node.attributes)) message(writer, 5, () => writeAttribute(writer, key, value));
  if (node.domain !== '') text(writer, 7, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute): void {
  text(writer, 1, name);
  if (typeof value === 'number') {
    integer(writer, 3, value);
    integer(writer, 20, attributeType.int);
  } else if (typeof value === 'string') {
    text(writer, 4, value);
    integer(writer, 20, attributeType.string);
  } else if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    integer(writer, 20, attributeType.float);
  } else if ('graph' in value) {
    message(writer, 6, () => writeGraph(writer, value.graph, name));
    integer(writer, 20, attributeType.graph);
  } else {
    for (const item of value) integer(writer, 8, item);
    integer(writer, 20, attributeType.ints);
  }
}

function writeTensor(writer: BinaryWriter, { name, dtype, dims, bytes }: OnnxTensor): void {
  for (const dim of dims) integer(writer, 1, dim);
  integer(writer, 2, dtypeNumbers[dtype]);
  text(writer, 8, name);
  writer.tag(9, WireType.LengthDelimited).bytes(bytes);
}

function writeValueInfo(writer: BinaryWriter, { name, dtype, dims }: OnnxValueInfo): void {
  text(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      integer(writer, 1, dtypeNumbers[dtype]);
      if (dims) message(writer, 2, () => writeDims(writer, dims));
    }),
  );
}

function writeDims(writer: BinaryWriter, dims: readonly (number | string)[]): void {
  for (const dim of dims) {
    message(writer, 1, () => (typeof dim === 'number' ? integer(writer, 1, dim) : text(writer, 2, dim)));
  }
}
