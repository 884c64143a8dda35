import { SurgeryError } from '../../core/errors';

/** Plain data with typed arrays in it as JSON and one run of bytes. */
export interface Packed {
  readonly json: string;
  readonly bytes: Uint8Array;
}

const arrays = { Uint8Array, Float32Array, Float64Array, Int32Array } as const;
type ArrayName = keyof typeof arrays;
type PackedArray = Uint8Array | Float32Array | Float64Array | Int32Array;

/** Keys that JSON has no value for. */
const arrayKey = '$array';
const numberKey = '$number';

/** bytes; every array begins at a multiple, so that it can be looked at in place */
const alignment = 8;

/**
 * Packs plain data. Typed arrays go to the bytes; numbers that JSON cannot say (NaN, infinities, -0) are kept. Throws where
 * something else stands in it.
 */
export function pack(value: unknown): Packed {
  const parts: Uint8Array[] = [];
  let size = 0;
  const take = (array: PackedArray): unknown => {
    const { buffer, byteOffset, byteLength, length } = array;
    const offset = size;
    const padding = (alignment - (byteLength % alignment)) % alignment;
    parts.push(new Uint8Array(buffer, byteOffset, byteLength), new Uint8Array(padding));
    size += byteLength + padding;
    return { [arrayKey]: [array.constructor.name, offset, length] };
  };
  return { json: JSON.stringify(replace(value, take)), bytes: joined(parts, size) };
}

function replace(value: unknown, take: (array: PackedArray) => unknown): unknown {
  if (typeof value === 'number') return replaceNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => replace(item, take));
  if (ArrayBuffer.isView(value)) {
    const type = Object.values(arrays).find((known) => value instanceof known);
    if (!type) throw new Error(`a ${value.constructor.name} cannot be packed`);
    // A Buffer is a Uint8Array of another name.
    return take(value instanceof Uint8Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : (value as Float32Array | Float64Array | Int32Array));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, take)]));
}

function replaceNumber(value: number): unknown {
  if (Object.is(value, -0)) return { [numberKey]: '-0' };
  return Number.isFinite(value) ? value : { [numberKey]: String(value) };
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** The inverse of `pack`. Throws `format-broken` where the JSON names bytes that are not there. */
export function unpack({ json, bytes }: Packed): unknown {
  return JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (numberKey in value) return Number(value[numberKey]);
    return arrayKey in value ? readArray(value[arrayKey], bytes) : value;
  });
}

function readArray(given: unknown, bytes: Uint8Array): PackedArray {
  const [name, offset, length] = Array.isArray(given) ? (given as readonly unknown[]) : [];
  const type = typeof name === 'string' && Object.hasOwn(arrays, name) ? arrays[name as ArrayName] : undefined;
  if (!type || !isCount(offset) || !isCount(length) || offset + length * type.BYTES_PER_ELEMENT > bytes.length) {
    throw new SurgeryError('format-broken', 'A checkpoint names bytes that it does not have.', { received: JSON.stringify(given) });
  }
  // A copy: `slice` of a Buffer would be a view.
  return new type(Uint8Array.from(bytes.subarray(offset, offset + length * type.BYTES_PER_ELEMENT)).buffer);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
