import type { DataDescription, DataSource } from '../../core/data/dataArray';
import type { DataSet, SampleArray } from '../../core/data/dataSet';
import { writeNpy } from '../../core/data/writeNpy';
import { SurgeryError } from '../../core/errors';
import { writeZip } from '../../core/formats/writeZip';
import type { Model } from '../../core/model/model';
import type { Tensor } from '../../core/model/tensor';
import type { Engine } from '../../core/ports';
import { predictModel } from '../../core/run/evaluate';
import { refuseInputAsOutput, writeFileAtomically } from '../atomicWrite';
import { systemClock } from '../systemClock';
import { openData } from './dataFiles';

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
  const set = await inputSet(model, await openData(data), data);
  const tensors = await predictModel(model, set, { engine, clock: systemClock, ...(signal ? { signal } : {}) });
  const outputs = Object.entries(tensors);
  await writeFileAtomically(out, encode(outputs, out));
  return { samples: set.samples, outputs: outputs.map(([name, { shape }]) => ({ name, shape })) };
}

async function inputSet(model: Model, source: DataSource, where: string): Promise<DataSet> {
  const { inputs: ends } = model.root.network;
  const described = await source.describe();
  const inputs: Record<string, SampleArray> = {};
  for (const { name, shape } of ends) {
    const member = memberFor(name, described, ends.length === 1);
    if (member === undefined) {
      throw new SurgeryError('data-mismatch', 'The data has no array for an input of the model.', {
        expected: name, received: described.map(({ member: other }) => other ?? 'one array without a name').join(', '), where,
      });
    }
    const read = await (await source.open(member, { role: 'inputs', sample: shape.slice(1) })).read(null);
    inputs[name] = { shape: read.shape, data: read.data, scale: 1, ...(read.words ? { words: read.words } : {}) };
  }
  const counts = [...new Set(Object.values(inputs).map(({ shape }) => shape[0]))];
  const samples = counts.at(0) ?? 0;
  if (counts.length === 1 && samples > 0) return { samples, inputs, targets: {} };
  throw new SurgeryError('data-mismatch', 'The arrays do not hold the same number of samples, or none.', { expected: 'one number of samples, at least 1', received: counts.join(', '), where });
}

/** What an input is fed from: the array of its name; for the only input also the only array, a whole table, the images of a folder. */
function memberFor(name: string, described: readonly DataDescription[], only: boolean): string | null | undefined {
  if (described.some(({ member }) => member === name)) return name;
  if (!only) return undefined;
  if (described.length === 1) return described[0].member;
  return described.find(({ member }) => member === null || member === 'images')?.member;
}

function encode(outputs: readonly (readonly [string, Tensor])[], out: string): Uint8Array {
  const files = outputs.map(([name, { shape, data }]) => [`${name}.npy`, writeNpy(shape, Float32Array.from(data))] as const);
  const only = files.length === 1 && !out.endsWith('.npz') ? files[0] : undefined;
  return only ? only[1] : writeZip(Object.fromEntries(files));
}
