import { ownWeights } from '../layers/forward';
import { isJsonObject, type Json } from '../model/json';
import { walkLayers, type Layer, type Model, type Weight } from '../model/model';
import { sizeOf } from '../model/tensor';
import { bytesIn, numbersIn } from '../weights/decode';
import { rangeOf, sliceWeight, type Slice, type SliceRequest } from '../weights/slice';
import { statisticsOfChunks, type NumberStatistics } from '../weights/statistics';

/** How far two weights are apart, over float64 sums. */
export interface WeightDifference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly maxAbs: number;
  /** Euclidean norm of the difference over that of the first weight; null where the first is all zeros. */
  readonly relative: number | null;
  /** Of the angle between them; null where one is all zeros. */
  readonly cosine: number | null;
}

interface LayerDifference {
  readonly path: string;
  readonly weights: readonly WeightDifference[];
  /** Names of settings that both have and that say something else: `activation`. Missing where there are none. */
  readonly settings?: readonly string[];
}

/** What `diff` says of two models. Layers are told by their paths; one whose class or weight shapes differ is removed and added. */
export interface ModelDifference {
  readonly same: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly LayerDifference[];
}

/** Compares two models, whatever their formats: seeds of random generators, which some formats do not keep, are not looked at. */
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
    return other && sameForm(layer, other) ? differenceOfLayers(path, layer, other) : [];
  });
  return { same: added.length + removed.length + changed.length === 0, added, removed, changed };
}

function weightsOf(layer: Layer): Weight[] {
  return ownWeights(layer.name, layer).map(({ weight }) => weight);
}

/** Not every format has names for the variables of a class that nobody knows. */
function sameForm(a: Layer, b: Layer): boolean {
  const isKnown = a.opaque === undefined && b.opaque === undefined;
  const form = (layer: Layer): string => JSON.stringify([layer.className, weightsOf(layer).map(({ name, shape }) => [isKnown && name, shape])]);
  return form(a) === form(b);
}

function differenceOfLayers(path: string, a: Layer, b: Layer): LayerDifference[] {
  const others = weightsOf(b);
  const weights = weightsOf(a).flatMap((weight, index) => differenceOf(weight, others[index]));
  const settings = changedSettings(a, b);
  if (weights.length + settings.length === 0) return [];
  return [{ path, weights, ...(settings.length === 0 ? {} : { settings }) }];
}

/** What a layer computes is set by these, and every format writes them alike. */
const settingNames = ['activation', 'recurrent_activation', 'rate', 'stddev', 'epsilon', 'units', 'filters', 'use_bias', 'return_sequences', 'go_backwards'] as const;

/** A setting that one file leaves out is as by default there: that is no difference that could be told. */
function changedSettings({ config: a }: Layer, { config: b }: Layer): string[] {
  return settingNames.filter((name) => name in a && name in b && wordOf(a[name]) !== wordOf(b[name]));
}

/** Two names of one activation. */
const sameWords: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu' };

/** Keras 3 writes an activation by name or as an object. */
function wordOf(value: Json | undefined): string {
  const word = isJsonObject(value) && typeof value['config'] === 'string' ? value['config'] : value ?? null;
  return JSON.stringify(typeof word === 'string' && Object.hasOwn(sameWords, word) ? sameWords[word] : word);
}

/** numbers at a time, so that two large weights are never decoded as a whole */
const chunk = 65_536;

/** Nothing where the stored bytes are equal. */
function differenceOf(a: Weight, b: Weight | undefined): WeightDifference[] {
  if (!b || (a.dtype === b.dtype && sameBytes(a, b))) return [];
  let [maxAbs, square, ofOne, ofOther, product] = [0, 0, 0, 0, 0];
  eachChunk(a, b, (one, other) => {
    for (let index = 0; index < one.length; index++) {
      const [x, y] = [one[index], other[index]];
      const apart = Math.abs(x - y);
      if (apart > maxAbs || Number.isNaN(apart)) maxAbs = apart;
      square += (x - y) ** 2;
      ofOne += x * x;
      ofOther += y * y;
      product += x * y;
    }
  });
  // The same numbers in another element type are no difference.
  if (maxAbs === 0) return [];
  return [{
    name: a.name,
    shape: a.shape,
    maxAbs,
    relative: ofOne > 0 ? Math.sqrt(square / ofOne) : null,
    cosine: ofOne > 0 && ofOther > 0 ? product / Math.sqrt(ofOne * ofOther) : null,
  }];
}

function eachChunk(a: Weight, b: Weight, take: (one: ArrayLike<number>, other: ArrayLike<number>) => void): void {
  for (const { from, length } of chunksOf(a)) take(numbersIn(a, from, length), numbersIn(b, from, length));
}

function chunksOf({ shape }: Weight): readonly { readonly from: number; readonly length: number }[] {
  const count = sizeOf(shape);
  return Array.from({ length: Math.ceil(count / chunk) }, (_, index) => ({ from: index * chunk, length: Math.min(chunk, count - index * chunk) }));
}

/** Statistics of the second weight minus the first, with a histogram. The shapes are equal. */
export function differenceStatistics(a: Weight, b: Weight): NumberStatistics {
  return statisticsOfChunks(function* differences() {
    for (const { from, length } of chunksOf(a)) yield minus(numbersIn(b, from, length), numbersIn(a, from, length));
  });
}

/** A rectangle of the second weight minus the first. The shapes are equal. */
export function differenceSlice(a: Weight, b: Weight, request: SliceRequest): Slice {
  const [one, other] = [sliceWeight(a, request), sliceWeight(b, request)];
  const values = Float32Array.from(minus(other.values, one.values));
  return { ...other, values, ...rangeOf(values) };
}

function minus(one: ArrayLike<number>, other: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: one.length }, (_, index) => one[index] - other[index]);
}

function sameBytes(a: Weight, b: Weight): boolean {
  return chunksOf(a).every(({ from, length }) => {
    const other = bytesIn(b, from, length);
    return bytesIn(a, from, length).every((byte, index) => byte === other[index]);
  });
}
