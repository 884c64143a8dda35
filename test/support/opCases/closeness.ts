import type { Tensor } from '../../../src/core/model/tensor';
import type { Tensors } from '../../../src/core/ports';

/**
 * What is wrong with `got`, or undefined. Integers and truth values must be equal; floats may differ by `tolerance` times
 * their own magnitude plus the typical (root mean square) one of their tensor: sums cancel.
 */
function difference(got: Tensor, want: Tensor, tolerance: number): string | undefined {
  if (got.dtype !== want.dtype || got.shape.join() !== want.shape.join()) {
    return `${got.dtype} [${got.shape.join()}] instead of ${want.dtype} [${want.shape.join()}]`;
  }
  if (got.data.length !== want.data.length) return `${got.data.length} numbers instead of ${want.data.length}`;
  const typical = want.dtype === 'float32' ? rootMeanSquare(want.data) : 0;
  const exact = want.dtype !== 'float32';
  for (let i = 0; i < want.data.length; i++) {
    const allowed = exact ? 0 : tolerance * (Math.abs(want.data[i]) + typical);
    const equal = Object.is(got.data[i], want.data[i]) || Math.abs(got.data[i] - want.data[i]) <= allowed;
    if (!equal) return `${got.data[i]} instead of ${want.data[i]} at ${i} of [${want.shape.join()}]`;
  }
  return undefined;
}

/** The first difference among named tensors, with its name. */
export function differenceOfAll(got: Tensors, want: Tensors, tolerance: number): string | undefined {
  const names = Object.keys(want);
  if (Object.keys(got).sort().join() !== [...names].sort().join()) return `${Object.keys(got).join()} instead of ${names.join()}`;
  for (const name of names) {
    const found = difference(got[name], want[name], tolerance);
    if (found !== undefined) return `${name}: ${found}`;
  }
  return undefined;
}

function rootMeanSquare(data: Tensor['data']): number {
  let total = 0;
  let count = 0;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    total += value * value;
    count++;
  }
  return Math.sqrt(total / Math.max(1, count));
}
