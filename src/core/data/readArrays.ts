import { SurgeryError } from '../errors';
import { readZip } from '../formats/zip';
import type { NumberArray } from './elements';
import { isIdx, parseIdx } from './idx';
import { isNpy, parseNpy } from './npy';

/** bytes; what a data file may be once it is unpacked */
export const largestFile = 2 ** 32 - 1;

/** Deflate packs zeros about a thousand times; an archive of arrays may be all zeros. */
const archiveLimits = { maxMembers: 4096, maxTotal: largestFile, maxRatio: 1100 };

const suffix = '.npy';

export interface NamedArray extends NumberArray {
  /** The member of an `.npz`; null for a file that is one array. */
  readonly member: string | null;
}

/** `file` or `archive.npz#member`. A `#` in a file's own name is kept where what follows it holds a separator or nothing. */
export function splitReference(reference: string): { readonly path: string; readonly member: string | null } {
  const at = reference.lastIndexOf('#');
  const member = at < 0 ? '' : reference.slice(at + 1);
  return member === '' || /[\\/]/.test(member) ? { path: reference, member: null } : { path: reference.slice(0, at), member };
}

/** All arrays of a data file, told by what it holds: `.npy`, `.npz` or IDX. Gzip around it has been taken off. */
export function readArrays(bytes: Uint8Array, where: string): NamedArray[] {
  if (!isZip(bytes)) return [{ member: null, ...readOne(bytes, where) }];
  const members = readZip(bytes, (name) => name.endsWith(suffix), archiveLimits);
  return [...members].map(([name, content]) => ({ member: name.slice(0, -suffix.length), ...parseNpy(content, `${where}#${name}`) }));
}

/** The one array that a reference means. Throws `data-mismatch` naming the members that there are, and what reading throws. */
export function readArray(bytes: Uint8Array, reference: string): NumberArray {
  const { member } = splitReference(reference);
  if (member !== null && isZip(bytes)) {
    const wanted = member.endsWith(suffix) ? member : member + suffix;
    const found = readZip(bytes, (name) => name === wanted, archiveLimits).get(wanted);
    if (found) return parseNpy(found, reference);
    throw wrongMember(reference, member, bytes);
  }
  const arrays = member === null ? readArrays(bytes, reference) : [];
  if (arrays.length === 1) return arrays[0];
  throw wrongMember(reference, member ?? 'no member named', bytes);
}

function wrongMember(where: string, received: string, bytes: Uint8Array): SurgeryError {
  const names = isZip(bytes) ? [...readZip(bytes, (name) => name.endsWith(suffix), archiveLimits).keys()] : [];
  return new SurgeryError('data-mismatch', 'A data reference names no array of its file.', {
    expected: names.length > 0 ? `one of ${names.map((name) => `#${name.slice(0, -suffix.length)}`).join(', ')}` : 'a file alone: it holds one array',
    received, where,
  });
}

function readOne(bytes: Uint8Array, where: string): NumberArray {
  if (isNpy(bytes)) return parseNpy(bytes, where);
  if (isIdx(bytes)) return parseIdx(bytes, where);
  throw new SurgeryError('data-broken', 'The file is no data file that we read.', {
    expected: '.npy, .npz, IDX, .csv or .tsv, with or without gzip; Parquet; a folder of images', received: `${bytes.length} bytes of something else`, where,
  });
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}
