import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { SurgeryError } from '../../errors';

/** The fields of a protocol buffer message as they lie in the file: what a field means is for its reader to know. */
export interface ProtoMessage {
  /** The last whole number of a field; 0 where it is not there, as the format has it. */
  number(field: number): number;
  /** Messages, strings and byte strings of a field. */
  all(field: number): readonly Uint8Array[];
  /** The last string of a field; '' where it is not there. */
  text(field: number): string;
}

const maxFields = 4_000_000;

/** Throws `format-broken` where the bytes are no message, `format-limit` for too many fields. */
export function readProto(bytes: Uint8Array, where: string): ProtoMessage {
  const numbers = new Map<number, number>();
  const parts = new Map<number, Uint8Array[]>();
  const reader = new BinaryReader(bytes);
  for (let count = 0; reader.pos < reader.len; count++) {
    if (count > maxFields) throw new SurgeryError('format-limit', 'A message has too many fields.', { expected: `at most ${maxFields}`, where });
    readField(reader, where, numbers, parts);
  }
  return {
    number: (field) => numbers.get(field) ?? 0,
    all: (field) => parts.get(field) ?? [],
    text: (field) => textOf(parts.get(field)?.at(-1) ?? new Uint8Array(0), where),
  };
}

function readField(reader: BinaryReader, where: string, numbers: Map<number, number>, parts: Map<number, Uint8Array[]>): void {
  try {
    const [field, type] = reader.tag();
    if (type === WireType.Varint) numbers.set(field, Number(reader.int64()));
    else if (type === WireType.Bit32) numbers.set(field, reader.fixed32());
    else if (type === WireType.LengthDelimited) append(parts, field, reader.bytes());
    else reader.skip(type, field);
  } catch (cause) {
    throw new SurgeryError('format-broken', 'A protocol buffer message is damaged.', { where, cause });
  }
}

function append(parts: Map<number, Uint8Array[]>, field: number, bytes: Uint8Array): void {
  const known = parts.get(field);
  if (known) known.push(bytes);
  else parts.set(field, [bytes]);
}

function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SurgeryError('format-broken', 'A string of a protocol buffer message is not UTF-8.', { where, cause });
  }
}
