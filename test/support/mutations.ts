import { createHash } from 'node:crypto';
import { toErrorRecord } from '../../src/core/errors';
import { openModel } from '../../src/core/formats/openModel';
import { readSavedModel } from '../../src/core/formats/savedModel/readSavedModel';
import { crc32 } from '../../src/core/formats/crc';
import { walkLayers, type Model } from '../../src/core/model/model';
import { folderIn, unpacked } from './memoryFolder';
import { sourceOf } from './memorySource';

const formats = new URL('../keras/golden/formats/', import.meta.url);
const saved = new URL('../keras/golden/savedModels/', import.meta.url);
const names = ['sequential_mlp.keras3.keras', 'nested.keras3.keras', 'trained.keras3.h5', 'nested.keras2.h5', 'recurrent.keras2.h5'];

/** A sound file: what is mutated, and how it is opened. */
export interface Original {
  /** Ends in its format. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of a SavedModel: all its files; `bytes` is the one of them that is mutated. */
  readonly folder?: ReadonlyMap<string, Uint8Array>;
  readonly path?: string;
}

export interface Verdict {
  readonly outcome: 'identical' | 'refused' | 'other';
  readonly failure?: string;
}

/** A change of a file. */
export type Mutation = (bytes: Uint8Array) => Uint8Array;

let loaded: readonly Original[] | undefined;

/** Sound files of every format. */
export function originals(list: (folder: URL) => string[], read: (file: URL) => Uint8Array): readonly Original[] {
  loaded ??= [
    ...list(formats).filter((name) => names.includes(name)).map((name) => ({ name, bytes: Uint8Array.from(read(new URL(name, formats))) })),
    ...savedOriginals(read),
  ];
  return loaded;
}

function savedOriginals(read: (file: URL) => Uint8Array): Original[] {
  const folder = unpacked(read(new URL('nested.zip', saved)));
  return ['variables/variables.index', 'variables/variables.data-00000-of-00001', 'keras_metadata.pb'].map((path) => ({ name: `${path}.savedmodel`, bytes: folder.get(path)!, folder, path }));
}

/** The same for equal seeds: flipped bits, bytes set, parts cut out, doubled, filled or exchanged, the end cut off. */
export function mutations(seed: number, index: number): Mutation {
  const random = draws(seed * 1_000_003 + index);
  return (given) => {
    let bytes = Uint8Array.from(given);
    for (let times = 1 + Math.floor(random() * 4); times > 0; times--) bytes = mutated(bytes, random);
    return bytes;
  };
}

function mutated(bytes: Uint8Array<ArrayBuffer>, random: () => number): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) return bytes;
  const at = Math.floor(random() * bytes.length);
  const length = 1 + Math.floor(random() * Math.min(64, bytes.length - at));
  const kind = Math.floor(random() * 6);
  if (kind === 0) bytes[at] ^= 1 << Math.floor(random() * 8);
  else if (kind === 1) bytes[at] = [0, 255, 127, 128][Math.floor(random() * 4)];
  else if (kind === 2) bytes.fill(random() < 0.5 ? 0 : 255, at, at + length);
  else if (kind === 3) return bytes.slice(0, at);
  else if (kind === 4) return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
  else bytes.copyWithin(at, Math.floor(random() * bytes.length), Math.floor(random() * bytes.length));
  return bytes;
}

/** mulberry32 */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Opens the changed file. It must be refused by an error of ours, or hold a model whose weights are those of the sound one; HDF5 has no
 * checksum over numbers, so there another number alone is `other` and no failure.
 */
export async function verdictOf(original: Original, mutation: Mutation): Promise<Verdict> {
  const bytes = mutation(original.bytes);
  try {
    const model = await open(original, bytes);
    if (fingerprint(model) === fingerprint(await open(original, original.bytes))) return { outcome: 'identical' };
    const checked = original.name.endsWith('.keras') || original.path?.startsWith('variables/') === true;
    return checked && crc32(bytes) !== crc32(original.bytes) ? { outcome: 'other', failure: 'opened as another model' } : { outcome: 'other' };
  } catch (thrown) {
    const { code, message } = toErrorRecord(thrown);
    return code === 'internal' ? { outcome: 'refused', failure: `${message} ${thrown instanceof Error ? (thrown.stack ?? '').split('\n')[1] : ''}` } : { outcome: 'refused' };
  }
}

async function open({ name, folder, path }: Original, bytes: Uint8Array): Promise<Model> {
  if (!folder) return (await openModel(sourceOf(bytes, name))).model;
  return readSavedModel(folderIn(new Map([...folder].map(([file, content]) => [file, file === path ? bytes : content]))), name);
}

function fingerprint(model: Model): string {
  const hash = createHash('sha256');
  for (const { path, layer } of walkLayers(model)) {
    hash.update(path).update(layer.className).update(JSON.stringify(layer.config));
    for (const { name, shape, bytes } of layer.weights) hash.update(name).update(shape.join()).update(bytes);
  }
  return hash.digest('hex');
}
