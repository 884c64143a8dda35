import type { Weight } from '../model/model';
import { sizeOf } from '../model/tensor';
import { numbersIn } from './decode';

/** A weight seen as a matrix, what a layer multiplies by, read some rows at a time. */
export interface RowBlocks {
  readonly rows: number;
  readonly columns: number;
  /** Blocks of whole rows in their order, row-major. */
  readonly blocks: () => Iterable<Float32Array | Float64Array>;
}

/** numbers: a weight up to here is held while it is worked on, a larger one is read again each time */
const mostHeld = 2 ** 25;
/** numbers read at a time */
const chunk = 2 ** 20;

/** The last axis is the columns, all before it are the rows: `[height, width, in, out]` is `[height width in, out]`. */
export function rowBlocks(weight: Weight): RowBlocks {
  const total = sizeOf(weight.shape);
  const columns = weight.shape.at(-1) ?? 1;
  const rows = columns === 0 ? 0 : total / columns;
  const held = total <= mostHeld ? [numbersIn(weight, 0, total)] : null;
  const step = Math.max(1, Math.floor(chunk / Math.max(1, columns)));
  return { rows, columns, blocks: () => held ?? readBlocks(weight, { rows, columns, step }) };
}

function* readBlocks(weight: Weight, { rows, columns, step }: { readonly rows: number; readonly columns: number; readonly step: number }): Generator<Float32Array | Float64Array> {
  for (let row = 0; row < rows; row += step) yield numbersIn(weight, row * columns, Math.min(step, rows - row) * columns);
}
