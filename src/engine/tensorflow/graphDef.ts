import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ComputeDType } from '../../core/model/tensor';
import { integer, message, text } from '../protobuf';

/** Element types of tensors in a TensorFlow graph; a resource is the handle of a tensor array, a variant a list of tensors. */
export type GraphDType = ComputeDType | 'int64' | 'resource' | 'variant';

/** `DataType` of types.proto. */
export const dtypeNumbers: Readonly<Record<GraphDType, number>> = { float32: 1, int32: 3, int64: 9, bool: 10, resource: 20, variant: 21 };

/** Elements of a constant: little endian, row-major. */
export interface ConstantValue {
  readonly dtype: ComputeDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** An attribute: whole number, truth value, word, list of whole numbers, or what its key says. Shapes hold -1 for a free axis. */
export type GraphAttribute =
  | number | boolean | string | readonly number[]
  | { readonly float: number }
  | { readonly type: GraphDType }
  | { readonly shape: readonly number[] | 'unknown' }
  | { readonly constant: ConstantValue };
export type GraphAttributes = Readonly<Record<string, GraphAttribute>>;

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `node` or `node:output`, then `^node` for what must have run before. */
  readonly inputs: readonly string[];
  readonly attributes: GraphAttributes;
}

/** `VersionDef.producer`: of a graph that TensorFlow 2.9, the oldest library that is installed, wrote. */
const PRODUCER = 1087;
/** The tag under which the graph is saved and loaded. */
export const GRAPH_TAG = 'serve';

/** The bytes of a `saved_model.pb` that holds one graph (field numbers of saved_model.proto, meta_graph.proto, graph.proto). */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const writer = new BinaryWriter();
  integer(writer, 1, 1);
  message(writer, 2, () => {
    message(writer, 1, () => text(writer, 4, GRAPH_TAG));
    message(writer, 2, () => {
      for (const node of nodes) message(writer, 1, () => writeNode(writer, node));
      message(writer, 4, () => integer(writer, 1, PRODUCER));
    });
  });
  return writer.finish();
}

function writeNode(writer: BinaryWriter, node: GraphNode): void {
  text(writer, 1, node.name);
  text(writer, 2, node.op);
  for (const input of node.inputs) text(writer, 3, input);
  for (const [key, value] of Object.entries(node.attributes)) {
    message(writer, 5, () => {
      text(writer, 1, key);
      message(writer, 2, () => writeAttribute(writer, value));
    });
  }
}

/** `AttrValue` of attr_value.proto. */
function writeAttribute(writer: BinaryWriter, value: GraphAttribute): void {
  if (typeof value === 'number') integer(writer, 3, value);
  else if (typeof value === 'boolean') integer(writer, 5, value ? 1 : 0);
  else if (typeof value === 'string') text(writer, 2, value);
  else if ('float' in value) writer.tag(4, WireType.Bit32).float(value.float);
  else if ('type' in value) integer(writer, 6, dtypeNumbers[value.type]);
  else if ('shape' in value) message(writer, 7, () => writeShape(writer, value.shape));
  else if ('constant' in value) message(writer, 8, () => writeTensor(writer, value.constant));
  else message(writer, 1, () => value.forEach((item) => integer(writer, 3, item)));
}

function writeShape(writer: BinaryWriter, shape: readonly number[] | 'unknown'): void {
  if (shape === 'unknown') integer(writer, 3, 1);
  else for (const size of shape) message(writer, 2, () => integer(writer, 1, size));
}

function writeTensor(writer: BinaryWriter, { dtype, shape, bytes }: ConstantValue): void {
  integer(writer, 1, dtypeNumbers[dtype]);
  message(writer, 2, () => writeShape(writer, shape));
  writer.tag(4, WireType.LengthDelimited).bytes(bytes);
}
