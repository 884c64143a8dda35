import { SurgeryError } from '../errors';
import type { Model, Weight } from '../model/model';
import { weightPaths, walkLayers, isEffectivelyTrainable } from '../model/model';
import type { Sha256 } from '../ports';
import { decodeNumbers } from '../weights/decode';
import type { RunEventBody } from './events';

type Receipt = Extract<RunEventBody, { type: 'receipt' }>;

interface Compared {
  readonly path: string;
  readonly before: Weight;
  readonly after: Weight;
  readonly layerTrainable: boolean;
}

/** What a phase did to every weight: SHA-256 of the stored bytes before and after. The flags are those of `after`. */
export function writeReceipt(phase: number, models: { readonly before: Model; readonly after: Model }, sha256: Sha256): Receipt {
  const compared = pairWeights(models.before, models.after);
  const hashes = compared.map((pair) => ({ ...pair, hash: { weight: pair.path, before: sha256(pair.before.bytes), after: hashAfter(pair, sha256) } }));
  const frozen = hashes.filter(({ layerTrainable }) => !layerTrainable).map(({ hash }) => hash);
  const moved = hashes
    .filter(({ layerTrainable, hash }) => layerTrainable && hash.before !== hash.after)
    .map(({ hash, before, after }) => ({ ...hash, change: relativeChange(before, after) }));
  const still = hashes
    .filter(({ layerTrainable, hash, after }) => layerTrainable && after.trainable && hash.before === hash.after)
    .map(({ path }) => path);
  return { type: 'receipt', phase, ok: frozen.every(({ before, after }) => before === after), frozen, moved, still };
}

/** Throws `frozen-moved`, naming the first frozen weight that did. */
export function requireFrozenStill({ ok, frozen }: Receipt): void {
  if (ok) return;
  const moved = frozen.find(({ before, after }) => before !== after);
  throw new SurgeryError('frozen-moved', `The frozen weight ${moved?.weight ?? ''} moved.`, {
    ...(moved ? { expected: moved.before, received: moved.after, where: moved.weight } : {}),
  });
}

/** Bytes are never changed in place, so the same object has the same hash. */
function hashAfter({ before, after }: Compared, sha256: Sha256): string {
  return sha256(after.bytes === before.bytes ? before.bytes : after.bytes);
}

function pairWeights(before: Model, after: Model): Compared[] {
  const earlier = new Map([...walkLayers(before)].flatMap(({ path, layer }) =>
    weightPaths(path, layer).map((name, index) => [name, layer.weights[index]] as const)));
  return [...walkLayers(after)].flatMap((placed) => {
    const layerTrainable = isEffectivelyTrainable(placed);
    return weightPaths(placed.path, placed.layer).map((path, index) => {
      const weight = placed.layer.weights[index];
      return { path, before: earlier.get(path) ?? weight, after: weight, layerTrainable };
    });
  });
}

/** Euclidean norm of the difference over that of the weight before; 1 where it was all zeros. */
function relativeChange(before: Weight, after: Weight): number {
  const [from, to] = [decodeNumbers(before), decodeNumbers(after)];
  let difference = 0;
  let norm = 0;
  from.forEach((number: number, index: number) => {
    difference += (to[index] - number) ** 2;
    norm += number ** 2;
  });
  return norm === 0 ? 1 : Math.sqrt(difference / norm);
}
