import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { ModelFolder } from '../ports';
import { memorySource } from './byteRanges';
import { withHdf5, type Hdf5File } from './hdf5Door';
import type { StoredTensor } from './storedTensor';

const maxShards = 1000;
/** bytes of all files together: they are held in memory */
const maxBytes = 2 ** 31 - 1;
/** How deep groups may lie. */
const maxNesting = 64;

type Kind = 'group' | 'dataset';

/** What one file, or several, hold below their roots. */
interface Contents {
  readonly members: Map<string, Map<string, Kind>>;
  readonly names: Map<string, string>;
  readonly tensors: Map<string, StoredTensor>;
}

/** Whether JSON is the index that Keras 3 writes with `max_shard_size`. */
export function isShardIndex(json: Json): json is JsonObject & { readonly weight_map: JsonObject } {
  return isJsonObject(json) && isJsonObject(json['weight_map']);
}

/**
 * Weights that Keras 3 cut into several `.weights.h5`, as the one file that they would be. The index says which groups lie in which files; one
 * group's variables may lie in several. Throws `file-missing` for a file that is not there, `format-hostile` for one outside the folder.
 */
export async function readShards(index: { readonly weight_map: JsonObject }, where: string, folder: ModelFolder | undefined): Promise<Hdf5File> {
  const files = [...new Set(Object.values(index['weight_map']).flat())];
  if (files.length > maxShards) throw tooMuch(`at most ${maxShards} files`, `${files.length} files`, where);
  const contents: Contents = { members: new Map([['', new Map<string, Kind>()]]), names: new Map(), tensors: new Map() };
  let bytes = 0;
  for (const file of files) {
    if (typeof file !== 'string') throw new SurgeryError('format-broken', 'The index of the weights is not what Keras writes.', { expected: 'names of files', received: JSON.stringify(file).slice(0, 80), where });
    bytes += await readShard(file, { where, left: maxBytes - bytes, folder }, contents);
  }
  return merged(contents, where);
}

async function readShard(file: string, { where, left, folder }: { readonly where: string; readonly left: number; readonly folder: ModelFolder | undefined }, contents: Contents): Promise<number> {
  if (!folder) throw new SurgeryError('file-missing', 'A file that the model names is not there.', { expected: file, where });
  const source = await folder.open(file);
  try {
    if (source.size > left) throw tooMuch(`at most ${maxBytes} bytes`, 'more', where);
    const bytes = await source.read(0, source.size);
    await withHdf5(memorySource(bytes, file), file, (opened) => gather(opened, '', contents, 0));
    return source.size;
  } finally {
    await source.close();
  }
}

function gather(file: Hdf5File, group: string, contents: Contents, depth: number): void {
  if (depth > maxNesting) throw tooMuch(`at most ${maxNesting} levels`, 'more', group.slice(0, 200));
  const known = contents.members.get(group) ?? new Map<string, Kind>();
  contents.members.set(group, known);
  const name = group === '' ? undefined : file.attribute(group, 'name');
  if (typeof name === 'string') contents.names.set(group, name);
  for (const member of file.members(group === '' ? '/' : group)) {
    const path = group === '' ? member.name : `${group}/${member.name}`;
    known.set(member.name, member.kind);
    if (member.kind === 'group') gather(file, path, contents, depth + 1);
    else contents.tensors.set(path, file.tensor(path));
  }
}

function merged({ members, names, tensors }: Contents, where: string): Hdf5File {
  const plain = (path: string): string => path.replace(/^\/|\/$/g, '');
  const missing = (path: string): SurgeryError => new SurgeryError('format-broken', 'The weights lack a part.', { expected: path, received: 'nothing', where });
  return {
    members: (group) => {
      const found = members.get(plain(group));
      if (!found) throw missing(group);
      return [...found].map(([name, kind]) => ({ name, kind }));
    },
    has: (path) => members.has(plain(path)) || tensors.has(plain(path)),
    attribute: (path, name) => (name === 'name' ? names.get(plain(path)) : undefined),
    tensor: (path) => {
      const found = tensors.get(plain(path));
      if (!found) throw missing(path);
      return found;
    },
  };
}

function tooMuch(expected: string, received: string, where: string): SurgeryError {
  return new SurgeryError('format-limit', 'The weights are too large to read.', { expected, received, where });
}
