import type { StoredDType } from '../model/tensor';

/** An array as the file holds it: little endian, row-major. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  readonly bytes: Uint8Array;
  /** `length` bytes from `offset`, both whole elements; of an array that stays in its file. */
  readonly part?: (offset: number, length: number) => Uint8Array;
}

/** An array that is read from its file each time it is asked for: a large model is never in memory as a whole. */
export function lazyTensor(shape: readonly number[], dtype: StoredDType, { size, part }: { /** bytes */ readonly size: number; readonly part: (offset: number, length: number) => Uint8Array }): StoredTensor {
  return withBytes({ shape, dtype }, { bytes: { get: () => part(0, size), enumerable: true }, part: { value: part } });
}

/** `tensor` with a name and what else is said of it. A spread would read the bytes of one that is read late. */
export function describedTensor<T extends object>(said: T, tensor: StoredTensor): T & StoredTensor {
  const { shape, dtype, part } = tensor;
  const bytes = Object.getOwnPropertyDescriptor(tensor, 'bytes') ?? { value: tensor.bytes, enumerable: true };
  return withBytes({ ...said, shape, dtype }, part ? { bytes, part: { value: part } } : { bytes });
}

function withBytes<T extends object>(object: T, descriptors: PropertyDescriptorMap): T & { readonly bytes: Uint8Array } {
  return Object.defineProperties(object, descriptors) as T & { readonly bytes: Uint8Array };
}
