import type { Model } from '../model/model';
import type { StoredRange } from './zip';

/** A model, and the parts of its file whose checksums are still to be compared: what is large is read once only, and not by the reader. */
export interface ReadModel {
  readonly model: Model;
  readonly unchecked: readonly StoredRange[];
}

/** bytes; weights that are longer stay in their file and are read when they are asked for */
export const largeWeights = 32 * 1024 * 1024;
