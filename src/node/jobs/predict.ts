import { readArrays } from '../../core/data/readArrays';
import type { DataSet, SampleArray } from '../../core/data/dataSet';
import type { NumberArray } from '../../core/data/elements';
import { writeNpy } from '../../core/data/writeNpy';
import { SurgeryError } from '../../core/errors';
import { writeZip } from '../../core/formats/writeZip';
import type { Model } from '../../core/model/model';
import type { Tensor } from '../../core/model/tensor';
import type { Engine } from '../../core/ports';
import { predictModel } from '../../core/run/evaluate';
import { refuseInputAsOutput, writeFileAtomically } from '../atomicWrite';
import { systemClock } from '../systemClock';
import { readData } from './readData';

export interface PredictJob {
  readonly model: Model;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  /** Absolute: one array for a model with one input, an archive keyed by input name for others. */
  readonly data: string;
  /** Absolute; `.npz` where the model has several outputs. */
  readonly out: string;
  /** Absolute paths of what was read beside the data: none of them may be written. */
  readonly inputs: readonly string[];
}

export interface Prediction {
  readonly samples: number;
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Writes what a model gives for data, as Keras' `predict`. Throws `data-mismatch`, `output-refused` and what the engine throws. */
export async function predictJob({ model, engine, signal, data, out, inputs }: PredictJob): Promise<Prediction> {
  await refuseInputAsOutput(out, [...inputs, data]);
  const set = inputSet(model, readArrays(await readData(data), data), data);
  const tensors = await predictModel(model, set, { engine, clock: systemClock, ...(signal ? { signal } : {}) });
  const outputs = Object.entries(tensors);
  await writeFileAtomically(out, encode(outputs, out));
  return { samples: set.samples, outputs: outputs.map(([name, { shape }]) => ({ name, shape })) };
}

function inputSet(model: Model, arrays: readonly (NumberArray & { readonly member: string | null })[], where: string): DataSet {
  const names = model.root.network.inputs.map(({ name }) => name);
  const pick = (name: string): SampleArray => {
    const found = arrays.find(({ member }) => member === name) ?? (names.length === 1 && arrays.length === 1 ? arrays[0] : undefined);
    if (found) return { shape: found.shape, data: found.data, scale: 1, ...(found.words ? { words: found.words } : {}) };
    throw new SurgeryError('data-mismatch', 'The data has no array for an input of the model.', {
      expected: name, received: arrays.map(({ member }) => member ?? 'one array without a name').join(', '), where,
    });
  };
  const inputs = Object.fromEntries(names.map((name) => [name, pick(name)]));
  const counts = [...new Set(Object.values(inputs).map(({ shape }) => shape[0]))];
  const samples = counts.at(0) ?? 0;
  if (counts.length === 1 && samples > 0) return { samples, inputs, targets: {} };
  throw new SurgeryError('data-mismatch', 'The arrays do not hold the same number of samples, or none.', { expected: 'one number of samples, at least 1', received: counts.join(', '), where });
}

function encode(outputs: readonly (readonly [string, Tensor])[], out: string): Uint8Array {
  const files = outputs.map(([name, { shape, data }]) => [`${name}.npy`, writeNpy(shape, Float32Array.from(data))] as const);
  const only = files.length === 1 && !out.endsWith('.npz') ? files[0] : undefined;
  return only ? only[1] : writeZip(Object.fromEntries(files));
}
