import { SurgeryError } from '../errors';
import { isJsonObject, type Json } from '../model/json';
import type { Model } from '../model/model';
import type { ByteSource, ModelFolder } from '../ports';
import type { WeightsTarget } from '../surgery/operation';
import { readArchitecture } from './architecture';
import { memorySource } from './byteRanges';
import { unknownFormat } from './foreignFormats';
import { withHdf5, type Hdf5File } from './hdf5Door';
import { readKerasZip } from './kerasZip';
import { readLegacyH5 } from './legacyH5';
import { parsePythonJson } from './pythonJson';
import { largeWeights, type ReadModel } from './readModel';
import { isShardIndex, readShards } from './shardedWeights';
import { readTfjs } from './tfjs';
import { readWeightsFile, readWeightsOnto } from './weightsFile';

/** bytes; beyond that numbers are no longer exact addresses for the HDF5 library */
const largest = 2 ** 40;
/** bytes of a file that is text */
const largestJson = 32 * 1024 * 1024;

/**
 * Opens a model by what the file holds, whatever its name. `folder` gives the files beside it, which a `model.json` names. The
 * weights of a large file are read from `source` when they are asked for. Throws `format-unknown`, `not-a-model` for weights or an
 * architecture alone, `format-broken`, `format-hostile`, `format-limit`, `weight-…`, `unsupported`.
 */
export async function openModel(source: ByteSource, folder?: ModelFolder): Promise<ReadModel> {
  return readBy(source, (file) => readLegacyH5(file, source.name), folder);
}

/** What a plan with `loadWeights` begins with: a model, or the JSON of an architecture alone. Throws what `openModel` throws. */
export async function openArchitecture(source: ByteSource, folder?: ModelFolder): Promise<ReadModel> {
  const json = jsonIn(source);
  const topology = isJsonObject(json) && 'modelTopology' in json;
  return json === undefined || topology ? openModel(source, folder) : { model: readArchitecture(json, source.name), unchecked: [] };
}

/** Undefined where the file does not begin as JSON does. */
function jsonIn(source: ByteSource): Json | undefined {
  const { name, size } = source;
  if (size === 0 || !startsWithJson(source.readNow(0, Math.min(64, size)))) return undefined;
  if (size > largestJson) throw tooLarge(largestJson, size, name);
  return parsePythonJson(new TextDecoder().decode(source.readNow(0, size)), name);
}

/**
 * What `loadWeights` takes from: a whole model, or a file of weights alone. Such a file of Keras 3 says which of its weights are whose only
 * together with a model: `onto` is that. Else its layers have names and weights and cannot be run. Throws what `openModel` throws.
 */
export async function openWeights(source: ByteSource, folder?: ModelFolder, onto?: WeightsTarget): Promise<ReadModel> {
  const { name } = source;
  const weights = (file: Hdf5File): Model => (onto && readWeightsOnto(file, onto)) ?? readWeightsFile(file, name);
  const index = jsonIn(source);
  if (index !== undefined && isShardIndex(index)) return { model: weights(await readShards(index, name, folder)), unchecked: [] };
  return readBy(source, (file) => (file.attribute('/', 'model_config') !== undefined ? readLegacyH5(file, name) : weights(file)), folder);
}

async function readBy(source: ByteSource, readHdf5: (file: Hdf5File) => Model, folder: ModelFolder | undefined): Promise<ReadModel> {
  const { name, size } = source;
  if (size === 0) throw new SurgeryError('format-broken', 'The file is empty.', { expected: 'a saved model', received: '0 bytes', where: name });
  if (size > largest) throw tooLarge(largest, size, name);
  const head = source.readNow(0, Math.min(64, size));
  if (startsWith(head, [0x50, 0x4b])) return readKerasZip(source);
  if (isHdf5(source)) {
    const late = size > largeWeights;
    return { model: await withHdf5(late ? source : memorySource(source.readNow(0, size), name), name, readHdf5, late), unchecked: [] };
  }
  if (!startsWithJson(head)) throw unknownFormat(head, name);
  if (size > largestJson) throw tooLarge(largestJson, size, name);
  return { model: await readTfjs(source.readNow(0, size), name, folder), unchecked: [] };
}

function tooLarge(most: number, size: number, where: string): SurgeryError {
  return new SurgeryError('format-limit', 'The file is too large to read.', { expected: `at most ${most} bytes`, received: `${size} bytes`, where });
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** HDF5's signature stands at 0, 512, 1024, 2048, … */
function isHdf5(source: ByteSource): boolean {
  const magic = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  for (let offset = 0; offset + magic.length <= source.size; offset = offset === 0 ? 512 : offset * 2) {
    if (startsWith(source.readNow(offset, magic.length), magic)) return true;
  }
  return false;
}

function startsWithJson(head: Uint8Array): boolean {
  return /^\s*\{/.test(new TextDecoder().decode(head));
}
