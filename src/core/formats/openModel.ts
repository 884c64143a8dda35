import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import type { ByteSource, ModelFolder } from '../ports';
import { withHdf5, type Hdf5File } from './hdf5Door';
import { readKerasZip } from './kerasZip';
import { readLegacyH5 } from './legacyH5';
import { readTfjs } from './tfjs';
import { readWeightsFile } from './weightsFile';

/** bytes; a file that is larger is not read whole */
const largest = 2 ** 31 - 1;

/**
 * Opens a model by what the file holds, whatever its name. `folder` gives the files beside it, which a `model.json` names. Throws `format-unknown`, `not-a-model` for weights or an
 * architecture alone, `format-broken`, `format-hostile`, `format-limit`, `weight-…`, `unsupported`.
 */
export async function readModel(source: ByteSource, folder?: ModelFolder): Promise<Model> {
  return readBy(source, (file) => readLegacyH5(file, source.name), folder);
}

/**
 * What `loadWeights` takes from: a whole model, or a file of weights alone, whose layers have names and weights and cannot
 * be run. Throws what `readModel` throws.
 */
export async function readWeights(source: ByteSource, folder?: ModelFolder): Promise<Model> {
  const { name } = source;
  return readBy(source, (file) => (file.attribute('/', 'model_config') === undefined ? readWeightsFile(file, name) : readLegacyH5(file, name)), folder);
}

async function readBy(source: ByteSource, readHdf5: (file: Hdf5File) => Model, folder: ModelFolder | undefined): Promise<Model> {
  const { name, size } = source;
  if (size === 0) throw new SurgeryError('format-broken', 'The file is empty.', { expected: 'a saved model', received: '0 bytes', where: name });
  if (size > largest) throw new SurgeryError('format-limit', 'The file is too large to read.', { expected: `at most ${largest} bytes`, received: `${size} bytes`, where: name });
  const bytes = await source.read(0, size);
  if (startsWith(bytes, [0x50, 0x4b])) return readKerasZip(bytes, name);
  if (isHdf5(bytes)) return withHdf5(bytes, name, readHdf5);
  if (!startsWithJson(bytes)) throw unknownFormat(name);
  return readTfjs(bytes, name, folder);
}

function startsWith(bytes: Uint8Array, magic: readonly number[], offset = 0): boolean {
  return magic.every((byte, index) => bytes[offset + index] === byte);
}

/** HDF5's signature stands at 0, 512, 1024, 2048, … */
function isHdf5(bytes: Uint8Array): boolean {
  const magic = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  if (startsWith(bytes, magic)) return true;
  for (let offset = 512; offset < bytes.length; offset *= 2) {
    if (startsWith(bytes, magic, offset)) return true;
  }
  return false;
}

function startsWithJson(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

function unknownFormat(where: string): SurgeryError {
  return new SurgeryError('format-unknown', 'The file is no model of a format that we read.', { expected: 'a .keras archive, an HDF5 file or a TensorFlow.js model.json', received: 'none of them', where });
}
