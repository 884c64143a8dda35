import type { DataSet, SampleArray } from '../data/dataSet';
import { walkLayers, weightPaths } from '../model/model';
import type { Sha256 } from '../ports';
import type { RunOptions } from './runPlan';

/**
 * SHA-256 over all that decides what a run computes: model, settings, phases, seed, data and engine. Two runs of one identity on
 * one machine give the same bytes, so that one may go on where the other ended.
 */
export function runIdentity({ model, plan, phases, seed, data, engine, sha256 }: Omit<RunOptions, 'emit' | 'clock' | 'source'>): string {
  const layers = [...walkLayers(model)].map(({ path, layer }) =>
    [path, layer.className, layer.trainable, layer.config, ...(layer.assets ? [hashFiles(layer.assets, sha256)] : []), weightPaths(path, layer).map((name, index) => [name, sha256(layer.weights[index].bytes)])]);
  const sets = (Object.entries(data) as [string, DataSet | undefined][]).map(([name, set]) => [name, set ? hashSet(set, sha256) : null]);
  return sha256(new TextEncoder().encode(JSON.stringify({
    layers, sets, seed,
    compile: plan.compile, phases: plan.phases, numbers: phases ?? null,
    engine: [engine.name, engine.version],
  })));
}

/** What a layer keeps beside its config: a vocabulary. */
function hashFiles(files: Readonly<Record<string, Uint8Array>>, sha256: Sha256): unknown {
  return Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)]);
}

function hashSet({ samples, inputs, targets, sampleWeights = {} }: DataSet, sha256: Sha256): unknown {
  const hashArray = ({ shape, scale, data, words }: SampleArray): unknown => [shape, scale, data.constructor.name, sha256(bytesOf(data)), ...(words ? [words] : [])];
  const entries = <T>(record: Readonly<Record<string, T>>, hash: (value: T) => unknown): unknown => Object.entries(record).map(([name, value]) => [name, hash(value)]);
  return [samples, entries(inputs, hashArray), entries(targets, hashArray), entries(sampleWeights, (weights) => sha256(bytesOf(weights)))];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
