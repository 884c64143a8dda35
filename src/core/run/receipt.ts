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

/** SHA-256 of the stored bytes of every weight, by its path. */
export function hashWeights(model: Model, sha256: Sha256): ReadonlyMap<string, string> {
  return new Map([...walkLayers(model)].flatMap(({ path, layer }) =>
    weightPaths(path, layer).map((name, index) => [name, sha256(layer.weights[index].bytes)] as const)));
}

/** The models around a phase, and the hashes that were taken before it began. */
export interface AroundPhase {
  readonly before: Model;
  readonly hashes: ReadonlyMap<string, string>;
  /** Its flags are those of the phase. */
  readonly after: Model;
}

/** What a phase did to every weight. */
export function writeReceipt(phase: number, { before, hashes, after }: AroundPhase, sha256: Sha256): Receipt {
  const compared = pairWeights(before, after).map((pair) => ({
    ...pair,
    hash: { weight: pair.path, before: hashes.get(pair.path) ?? '', after: sha256(pair.after.bytes) },
  }));
  const frozen = compared.filter(({ layerTrainable }) => !layerTrainable).map(({ hash }) => hash);
  const moved = compared
    .filter(({ layerTrainable, hash }) => layerTrainable && hash.before !== hash.after)
    .map((pair) => ({ ...pair.hash, change: relativeChange(pair.before, pair.after) }));
  const still = compared
    .filter(({ layerTrainable, hash, after: weight }) => layerTrainable && weight.trainable && hash.before === hash.after)
    .map(({ path }) => path);
  return { type: 'receipt', phase, ok: frozen.every((hash) => hash.before === hash.after), frozen, moved, still };
}

/** Throws `frozen-moved`, naming the first frozen weight that did. */
export function requireFrozenStill({ ok, frozen }: Receipt): void {
  if (ok) return;
  const moved = frozen.find(({ before, after }) => before !== after);
  throw new SurgeryError('frozen-moved', `The frozen weight ${moved?.weight ?? ''} moved.`, {
    ...(moved ? { expected: moved.before, received: moved.after, where: moved.weight } : {}),
  });
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
