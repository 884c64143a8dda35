import type { SampleArray } from '../data/dataSet';
import { SurgeryError } from '../errors';
import { neededCalls, placed } from '../layers/forward';
import { flattenCalls, readsOf, type FlatCall } from '../layers/flattenCalls';
import type { HostColumn } from '../layers/hostColumn';
import { parseLayer } from '../layers/registry';
import type { Model, NetworkInput } from '../model/model';
import { sizeOf } from '../model/tensor';
import { fitInput, inputDType } from './scene';

/** What of a model is computed on the host, from the data, before the graph begins. */
export interface HostPart {
  /** What the graph reads of it, by key. */
  readonly columns: Readonly<Record<string, HostColumn>>;
  /** Names of the inputs that nothing in the graph reads any more. */
  readonly inputs: ReadonlySet<string>;
}

/**
 * The calls that the host computes: those whose layers can and that read nothing but inputs and each other. `given` are tensors that are
 * there already. Throws `data-mismatch` where data does not fit, `unsupported` where the graph would have to read texts.
 */
export function hostPart(model: Model, inputs: ReadonlyMap<string, HostColumn>, given: ReadonlySet<string>): HostPart {
  const flat = flattenCalls(model);
  const needed = neededCalls(flat, flat.outputs.map(({ key }) => key), given);
  const columns = new Map(flat.inputs.flatMap(({ name, key }) => {
    const column = inputs.get(name);
    return column ? [[key, column] as const] : [];
  }));
  const hosted = new Set<FlatCall>();
  for (const call of needed) {
    const column = columnOf(call, columns);
    if (!column) continue;
    hosted.add(call);
    columns.set(call.outputs[0], column);
  }
  const read = new Set([...needed.filter((call) => !hosted.has(call)).flatMap(readsOf), ...flat.outputs.map(({ key }) => key)].filter((key) => !given.has(key)));
  const readByHost = new Set([...hosted].flatMap(readsOf));
  const texts = new Set([...read].filter((key) => columns.get(key)?.words));
  if (texts.size > 0) throw readsTexts(needed, texts);
  const made = new Set([...hosted].flatMap(({ outputs }) => outputs));
  return {
    columns: Object.fromEntries([...columns].filter(([key]) => read.has(key) && made.has(key))),
    inputs: new Set(flat.inputs.filter(({ key }) => !read.has(key) && (readByHost.has(key) || columns.get(key)?.words)).map(({ name }) => name)),
  };
}

/** What the host makes of a call; nothing where it cannot, or where something that the call reads is not on the host. */
function columnOf(call: FlatCall, columns: ReadonlyMap<string, HostColumn>): HostColumn | undefined {
  const { layer, path, inputs } = call;
  const read = inputs.flatMap((key) => columns.get(key) ?? []);
  if (!isPlain(call) || read.length === 0 || read.length !== inputs.length) return undefined;
  const { definition, config } = parseLayer(layer, path);
  try {
    return definition.onHost?.(config, read);
  } catch (thrown) {
    throw placed(thrown, path);
  }
}

function isPlain({ layer, outputs, named }: FlatCall): boolean {
  return !layer.operation && layer.opaque === undefined && outputs.length === 1 && Object.keys(named).length === 0;
}

function readsTexts(calls: readonly FlatCall[], texts: ReadonlySet<string>): SurgeryError {
  const reader = calls.find((call) => readsOf(call).some((key) => texts.has(key)));
  return new SurgeryError('unsupported', 'Texts are read by what computes numbers.', {
    expected: 'a StringLookup, TextVectorization, Hashing or HashedCrossing on each input of texts', received: reader?.layer.className ?? 'an output of the model', where: reader?.path ?? '',
  });
}

/** An input of the data as a column. Throws `data-mismatch` where it is texts and the model takes numbers, or the other way round. */
export function inputColumn(input: NetworkInput, { shape, data, scale, words }: SampleArray): HostColumn {
  const text = takesTexts(input);
  if (text !== (words !== undefined)) {
    throw new SurgeryError('data-mismatch', `The input ${input.name} takes ${text ? 'texts' : 'numbers'}.`, {
      expected: text ? 'texts' : 'numbers', received: text ? 'numbers' : `texts such as ${JSON.stringify(words?.at(0) ?? '')}`, where: input.name,
    });
  }
  const fitted = fitInput(input, shape.slice(1));
  const size = sizeOf(fitted);
  const rows = (sample: number): ArrayLike<number> => data.subarray(sample * size, (sample + 1) * size);
  if (words) return { shape: fitted, dtype: 'int32', words, read: rows };
  const scaled = (sample: number): ArrayLike<number> => Float64Array.from(rows(sample), (value) => Math.fround(value * scale));
  return { shape: fitted, dtype: inputDType(input), read: scale === 1 ? rows : scaled };
}

function takesTexts({ dtype }: NetworkInput): boolean {
  return dtype === 'string';
}

/** Columns without numbers, for whoever asks for shapes alone. `shape` is that of one sample. */
export function emptyColumn(input: NetworkInput, shape: readonly number[]): HostColumn {
  const zeros = new Int32Array(sizeOf(shape));
  return takesTexts(input) ? { shape, dtype: 'int32', words: [''], read: () => zeros } : { shape, dtype: inputDType(input), read: () => zeros };
}
