import { walkLayers, weightPaths, type Model, type Problem, type Weight } from '../model/model';
import { sizeOf } from '../model/tensor';
import { bytesPerElement, decodeNumbers } from '../weights/decode';

/** bytes; above this, weights are scanned only when that was asked for */
export const SCAN_LIMIT = 64 * 1024 * 1024;

/** A problem for each weight that holds NaN or infinity; above the limit one that says that nothing was scanned. */
export function scanWeights(model: Model, always: boolean): Problem[] {
  const weights = [...walkLayers(model)].flatMap(({ path, layer }) => {
    const paths = weightPaths(path, layer);
    return layer.weights.map((weight, index) => ({ weight, where: paths[index] ?? path }));
  });
  const bytes = weights.reduce((sum, { weight }) => sum + sizeOf(weight.shape) * bytesPerElement(weight.dtype), 0);
  if (bytes > SCAN_LIMIT && !always) {
    return [{ code: 'weights-not-scanned', message: `${bytes} bytes of weights were not scanned for NaN and infinity.` }];
  }
  return weights.flatMap(({ weight, where }) => {
    const { nan, infinite } = countNotFinite(weight);
    return nan + infinite === 0 ? [] : [{ code: 'not-finite', message: `${nan} NaN and ${infinite} infinite of ${weight.shape.join(' x ')} numbers.`, where }];
  });
}

function countNotFinite(weight: Weight): { nan: number; infinite: number } {
  if (!weight.dtype.includes('float')) return { nan: 0, infinite: 0 };
  let nan = 0;
  let infinite = 0;
  for (const number of decodeNumbers(weight)) {
    if (Number.isFinite(number)) continue;
    if (Number.isNaN(number)) nan += 1;
    else infinite += 1;
  }
  return { nan, infinite };
}
