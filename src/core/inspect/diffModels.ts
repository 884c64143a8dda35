import { walkLayers, type Layer, type Model, type Weight } from '../model/model';
import { decodeNumbers } from '../weights/decode';

/** How far two weights are apart, over float64 sums. */
export interface WeightDifference {
  readonly name: string;
  readonly maxAbs: number;
  /** Euclidean norm of the difference over that of the first weight; null where the first is all zeros. */
  readonly relative: number | null;
  /** Of the angle between them; null where one is all zeros. */
  readonly cosine: number | null;
}

/** What `diff` says of two models. Layers are told by their paths; one whose class or weight shapes differ is removed and added. */
export interface ModelDifference {
  readonly same: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly path: string; readonly weights: readonly WeightDifference[] }[];
}

export function diffModels(a: Model, b: Model): ModelDifference {
  const before = new Map([...walkLayers(a)].map(({ path, layer }) => [path, layer]));
  const after = new Map([...walkLayers(b)].map(({ path, layer }) => [path, layer]));
  const isKept = (path: string): boolean => {
    const [one, other] = [before.get(path), after.get(path)];
    return one !== undefined && other !== undefined && sameForm(one, other);
  };
  const removed = [...before.keys()].filter((path) => !isKept(path));
  const added = [...after.keys()].filter((path) => !isKept(path));
  const changed = [...before].flatMap(([path, layer]) => {
    const other = after.get(path);
    if (!other || !sameForm(layer, other)) return [];
    const weights = layer.weights.flatMap((weight, index) => differenceOf(weight, other.weights[index]));
    return weights.length > 0 ? [{ path, weights }] : [];
  });
  return { same: added.length + removed.length + changed.length === 0, added, removed, changed };
}

function sameForm(a: Layer, b: Layer): boolean {
  const form = ({ className, weights }: Layer): string => JSON.stringify([className, weights.map(({ name, shape }) => [name, shape])]);
  return form(a) === form(b);
}

/** Nothing where the stored bytes are equal. */
function differenceOf(a: Weight, b: Weight | undefined): WeightDifference[] {
  if (!b || (a.dtype === b.dtype && sameBytes(a.bytes, b.bytes))) return [];
  const [one, other] = [decodeNumbers(a), decodeNumbers(b)];
  let [maxAbs, square, ofOne, ofOther, product] = [0, 0, 0, 0, 0];
  for (let index = 0; index < one.length; index++) {
    const [x, y] = [one[index], other[index]];
    maxAbs = Math.max(maxAbs, Math.abs(x - y));
    square += (x - y) ** 2;
    ofOne += x * x;
    ofOther += y * y;
    product += x * y;
  }
  return [{
    name: a.name,
    maxAbs,
    relative: ofOne > 0 ? Math.sqrt(square / ofOne) : null,
    cosine: ofOne > 0 && ofOther > 0 ? product / Math.sqrt(ofOne * ofOther) : null,
  }];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
