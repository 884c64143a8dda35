import type { HostColumn } from '../layers/hostColumn';
import { sizeOf } from '../model/tensor';
import type { Program } from '../ops/program';
import type { Engine, Sha256 } from '../ports';
import type { ArrayData } from '../data/dataSet';
import { isRowSource } from './features';
import type { FedSet } from './batches';

export interface PrefixWork {
  /** Frozen weights are constants of it. */
  readonly program: Program;
  readonly fed: FedSet;
  readonly engine: Pick<Engine, 'name' | 'version'>;
  /** Samples in a batch, and whether the last one is filled up: engines may round a row differently in a batch of another size. */
  readonly batches: { readonly size: number; readonly filled: boolean };
}

/** Changes when programs of the same layers come to compute other bytes than those that were kept. */
const VERSION = 1;

/** SHA-256 over all that decides what a prefix gives: architecture, weights, data, engine, batches. */
export function prefixKey({ program, fed, engine, batches }: PrefixWork, sha256: Sha256): string {
  const { feeds, samples } = fed;
  const inputs = feeds.map(({ name, dtype, shape, source }) => {
    if (isRowSource(source)) throw new Error('the inputs of a prefix lie in memory');
    if ('read' in source) return [name, dtype, shape, sha256(bytesOf(computed(source, samples)))];
    return [name, dtype, shape, source.scale, source.data.constructor.name, hashOnce(source.data, sha256)];
  });
  return hashText(JSON.stringify([VERSION, engine.name, engine.version, batches, samples, inputs, hashProgram(program, sha256)]), sha256);
}

/** What the host computes of every sample. */
function computed({ shape, dtype, read }: HostColumn, samples: number): ArrayBufferView {
  const size = sizeOf(shape);
  const all = dtype === 'int32' ? new Int32Array(samples * size) : new Float32Array(samples * size);
  for (let sample = 0; sample < samples; sample++) all.set(read(sample), sample * size);
  return all;
}

/** By the arrays of a set, which do not change: validation data is the same in every phase and run. */
const hashes = new WeakMap<ArrayData, string>();

function hashOnce(data: ArrayData, sha256: Sha256): string {
  const known = hashes.get(data) ?? sha256(bytesOf(data));
  hashes.set(data, known);
  return known;
}

/** Numbers that JSON cannot say are kept apart; typed arrays stand as their hash. Loops hold programs of their own. */
function hashProgram(program: Program, sha256: Sha256): string {
  return hashText(JSON.stringify(program, (_, value: unknown) => {
    if (ArrayBuffer.isView(value)) return [value.constructor.name, sha256(bytesOf(value))];
    return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? { number: Object.is(value, -0) ? '-0' : String(value) } : value;
  }), sha256);
}

function hashText(text: string, sha256: Sha256): string {
  return sha256(new TextEncoder().encode(text));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
