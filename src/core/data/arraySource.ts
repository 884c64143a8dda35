import { arrayInMemory, labelsOf, type DataSource } from './dataArray';
import type { NumberArray } from './elements';
import { readArray, readArrays } from './readArrays';

/** The bytes of a `.npy`, `.npz` or IDX file as arrays, each unpacked once. */
export function arraySource(bytes: Uint8Array, where: string): DataSource {
  const known = new Map<string | null, NumberArray>();
  const read = (member: string | null): NumberArray => {
    const array = known.get(member) ?? readArray(bytes, member === null ? where : `${where}#${member}`);
    known.set(member, array);
    return array;
  };
  return {
    describe: () => Promise.resolve(readArrays(bytes, where).map((array) => ({ member: array.member, shape: array.shape, dtype: array.dtype, labels: labelsOf(array) }))),
    open: (member) => Promise.resolve().then(() => arrayInMemory(read(member))),
    identify: (member) => Promise.resolve().then(() => read(member)),
  };
}
