import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { sizeOf, type StoredDType } from '../model/tensor';
import type { ModelFolder } from '../ports';
import { bytesPerElement, decodeNumbers, encodeNumbers } from '../weights/decode';
import type { Stored } from './legacyWeights';

const maxRank = 8;
const maxShards = 100_000;
/** bytes of all weights of a group */
const maxGroup = 2 ** 31 - 1;
const plainTypes: readonly string[] = ['float32', 'int32', 'bool', 'float16', 'uint8'];

/** How many bytes a tensor takes in the shards, and what they mean. */
interface Declared {
  readonly name: string;
  readonly shape: readonly number[];
  /** As it lies in the file. */
  readonly stored: StoredDType;
  /** As TensorFlow.js has it in memory. */
  readonly dtype: StoredDType;
  readonly scale: number;
  readonly min: number;
}

/**
 * The tensors of a `weightsManifest`. Quantized ones become what TensorFlow.js makes of them: `value * scale + min`, or float32
 * for float16. Throws `format-hostile` for a shard outside the folder, `weight-mismatch` where shards are longer or shorter than
 * the tensors, `format-…` for a manifest that is none.
 */
export async function readTfjsWeights(manifest: readonly Json[], where: string, folder: ModelFolder | undefined): Promise<Stored[]> {
  const found: Stored[] = [];
  for (const [index, group] of manifest.entries()) {
    const place = `weightsManifest[${index}]`;
    if (!isJsonObject(group) || !Array.isArray(group['paths']) || !Array.isArray(group['weights'])) throw broken('paths and weights', place);
    const declared = (group['weights'] as readonly Json[]).map((item, at) => declaration(item, `${place}.weights[${at}]`));
    const expected = declared.reduce((sum, { shape, stored }) => sum + sizeOf(shape) * bytesPerElement(stored), 0);
    if (expected > maxGroup) throw new SurgeryError('format-limit', 'The weights are too large to read.', { expected: `at most ${maxGroup} bytes`, received: `${expected} bytes`, where });
    const bytes = await readShards(group['paths'] as readonly Json[], { expected, place, where }, folder);
    let at = 0;
    for (const tensor of declared) {
      const length = sizeOf(tensor.shape) * bytesPerElement(tensor.stored);
      found.push({ name: tensor.name, tensor: { shape: tensor.shape, dtype: tensor.dtype, bytes: decoded(tensor, bytes.slice(at, at + length)) } });
      at += length;
    }
  }
  return found;
}

function decoded({ name, shape, stored, dtype, scale, min }: Declared, bytes: Uint8Array): Uint8Array {
  if (stored === dtype) return bytes;
  const numbers = decodeNumbers({ name, shape, dtype: stored, bytes });
  if (stored === 'float16') return encodeNumbers(dtype, numbers);
  const round = dtype === 'int32' ? Math.round : (value: number): number => value;
  return encodeNumbers(dtype, Array.from(numbers, (value) => round(value * scale + min)));
}

function declaration(item: Json, where: string): Declared {
  if (!isJsonObject(item)) throw broken('name, shape and dtype', where);
  const { name, shape, dtype, quantization } = item;
  const sizes = sizesOf(shape);
  if (typeof name !== 'string' || !sizes) throw broken('a name and a shape', where);
  if (typeof dtype !== 'string' || !plainTypes.includes(dtype)) {
    throw new SurgeryError('unsupported', 'A weight is of a type that no Keras layer has.', { expected: plainTypes.join(', '), received: JSON.stringify(dtype ?? null), where });
  }
  const plain = { name, shape: sizes };
  // A bare float16 or uint8 stands for what it was quantized from only with a quantization beside it.
  if (!isJsonObject(quantization)) return { ...plain, stored: dtype as StoredDType, dtype: dtype as StoredDType, scale: 1, min: 0 };
  return { ...plain, ...quantized(quantization, dtype as StoredDType, where) };
}

function sizesOf(shape: Json | undefined): readonly number[] | undefined {
  if (!Array.isArray(shape) || shape.length > maxRank) return undefined;
  const sizes = shape as readonly Json[];
  return sizes.every((size): size is number => typeof size === 'number' && Number.isInteger(size) && size >= 0 && size < 2 ** 31) ? sizes : undefined;
}

function quantized(quantization: JsonObject, dtype: StoredDType, where: string): Pick<Declared, 'stored' | 'dtype' | 'scale' | 'min'> {
  const { dtype: stored, scale, min } = quantization;
  if (stored === 'float16' && dtype === 'float32') return { stored, dtype, scale: 1, min: 0 };
  if ((stored === 'uint8' || stored === 'uint16') && typeof scale === 'number' && typeof min === 'number') return { stored, dtype, scale, min };
  throw broken('a quantization to uint8, uint16 or float16 with scale and min', where);
}

interface Shards {
  /** bytes of the tensors */
  readonly expected: number;
  readonly place: string;
  readonly where: string;
}

/** The shards of a group, one after the other. Their sizes are compared before anything of them is read. */
async function readShards(paths: readonly Json[], { expected, place, where }: Shards, folder: ModelFolder | undefined): Promise<Uint8Array> {
  if (paths.length > maxShards) throw new SurgeryError('format-limit', 'The model names too many files.', { expected: `at most ${maxShards}`, received: String(paths.length), where });
  if (!folder) throw new SurgeryError('unsupported', 'The weights of the model are in other files, which cannot be read here.', { where });
  const bytes = new Uint8Array(expected);
  let at = 0;
  for (const [index, path] of paths.entries()) {
    if (typeof path !== 'string') throw broken('names of files', `${place}.paths[${index}]`);
    const source = await folder.open(path);
    try {
      if (at + source.size > expected) throw wrongSize(expected, `${at + source.size} bytes or more`, path);
      bytes.set(await source.read(0, source.size), at);
      at += source.size;
    } finally {
      await source.close();
    }
  }
  if (at !== expected) throw wrongSize(expected, `${at} bytes`, place);
  return bytes;
}

function wrongSize(expected: number, received: string, where: string): SurgeryError {
  return new SurgeryError('weight-mismatch', 'The files of weights are not as long as the tensors in them.', { expected: `${expected} bytes`, received, where });
}

function broken(expected: string, where: string): SurgeryError {
  return new SurgeryError('format-broken', 'The list of weights is not what TensorFlow.js writes.', { expected, where });
}
