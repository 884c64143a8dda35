import type { StoredDType } from '../model/tensor';

/** An array as the file holds it: little endian, row-major. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  readonly bytes: Uint8Array;
}

/** An array that is read from its file each time it is asked for: a large model is never in memory as a whole. */
export function lazyTensor(shape: readonly number[], dtype: StoredDType, read: () => Uint8Array): StoredTensor {
  return withBytes({ shape, dtype }, { get: read, enumerable: true });
}

/** `tensor` with a name and what else is said of it. A spread would read the bytes of one that is read late. */
export function describedTensor<T extends object>(said: T, tensor: StoredTensor): T & StoredTensor {
  const { shape, dtype } = tensor;
  return withBytes({ ...said, shape, dtype }, Object.getOwnPropertyDescriptor(tensor, 'bytes') ?? { value: tensor.bytes, enumerable: true });
}

function withBytes<T extends object>(object: T, descriptor: PropertyDescriptor): T & { readonly bytes: Uint8Array } {
  return Object.defineProperty(object, 'bytes', descriptor) as T & { readonly bytes: Uint8Array };
}
