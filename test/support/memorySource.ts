import { openModel, openWeights } from '../../src/core/formats/openModel';
import type { Model } from '../../src/core/model/model';
import type { ByteSource, ModelFolder } from '../../src/core/ports';
import type { WeightsTarget } from '../../src/core/surgery/operation';

/** Bytes in memory as a file. */
export function sourceOf(bytes: Uint8Array, name: string): ByteSource {
  const copy = (offset: number, length: number): Uint8Array => Uint8Array.from(bytes.subarray(offset, offset + length));
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(copy(offset, length)),
    readNow: copy,
    close: () => Promise.resolve(),
  };
}

/** The model in a small file. */
export async function readModel(source: ByteSource, folder?: ModelFolder): Promise<Model> {
  return (await openModel(source, folder)).model;
}

/** What `loadWeights` takes from a small file. */
export async function readWeights(source: ByteSource, onto?: WeightsTarget): Promise<Model> {
  return (await openWeights(source, undefined, onto)).model;
}
