import { SurgeryError } from '../errors';
import { isJsonObject, type Json } from '../model/json';
import type { Model } from '../model/model';
import { readCompileConfig } from './compileConfig';
import { withHdf5 } from './hdf5Door';
import { layerFromConfig } from './kerasConfig';
import { attachWeights, optimizerVariables } from './kerasWeights';
import { parsePythonJson } from './pythonJson';
import { readZip } from './zip';

const config = 'config.json';
const weights = 'model.weights.h5';
const metadata = 'metadata.json';

/**
 * A `.keras` file of Keras 3. Throws `not-a-model` where a member is missing, `unsupported` for a model that only its author's
 * code can build, `format-…` and `weight-…` for what is wrong in it. `where` names the file in errors.
 */
export async function readKerasZip(bytes: Uint8Array, where: string): Promise<Model> {
  const members = readZip(bytes, (name) => [config, weights, metadata].includes(name));
  const entry = parsePythonJson(textOf(members, config, where), config);
  const root = layerFromConfig(entry, config);
  const { network } = root;
  if (!network) {
    throw new SurgeryError('unsupported', 'The model is a class that only its own code can build.', {
      expected: 'a Sequential or Functional model', received: root.opaque ?? root.className, where,
    });
  }
  const compileConfig = isJsonObject(root.envelope['compile_config']) ? root.envelope['compile_config'] : null;
  const filled = await withHdf5(member(members, weights, where), weights, (file) => ({
    network: attachWeights(network, file, ''),
    optimizer: file.has('optimizer') ? optimizerVariables(file) : [],
  }));
  return {
    root: { ...root, network: filled.network },
    compile: readCompileConfig(compileConfig ?? undefined),
    compileConfig,
    optimizerVariables: filled.optimizer,
    format: 'keras',
    kerasVersion: versionOf(parsePythonJson(members.has(metadata) ? textOf(members, metadata, where) : '{}', metadata)),
    problems: [],
  };
}

function versionOf(value: Json): string {
  const version = isJsonObject(value) ? value['keras_version'] : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

function member(members: ReadonlyMap<string, Uint8Array>, name: string, where: string): Uint8Array {
  const found = members.get(name);
  if (found) return found;
  throw new SurgeryError('not-a-model', 'The archive is not a saved Keras model.', {
    expected: `members ${config} and ${weights}`, received: members.size === 0 ? 'neither' : `only ${[...members.keys()].join(', ')}`, where,
  });
}

function textOf(members: ReadonlyMap<string, Uint8Array>, name: string, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(member(members, name, where));
  } catch (thrown) {
    if (thrown instanceof SurgeryError) throw thrown;
    throw new SurgeryError('format-broken', `${name} is not UTF-8 text.`, { where, cause: thrown });
  }
}
