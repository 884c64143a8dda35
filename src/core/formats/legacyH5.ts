import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Layer, Model, Network, OptimizerVariable, Problem } from '../model/model';
import { readCompileConfig } from './compileConfig';
import type { Hdf5File } from './hdf5Door';
import { layerFromConfig } from './kerasConfig';
import { modernConfig } from './legacyConfig';
import { modernTrainingConfig } from './legacyTraining';
import { attachLegacyWeights, listAttribute } from './legacyWeights';
import { parsePythonJson } from './pythonJson';
import { describeWeightsFile } from './weightsFile';

const weightsGroup = 'model_weights';

/**
 * A whole model in Keras' `.h5` form, as Keras 2 and 3 write it. Throws `not-a-model` for a file of weights alone (its message
 * names `loadWeights`) and for other HDF5 files, `unsupported` for Keras 1 and for models that only their own code can build,
 * `weight-…` where weights and layers do not fit. `where` names the file in errors.
 */
export function readLegacyH5(file: Hdf5File, where: string): Model {
  const config = jsonAttribute(file, 'model_config', where);
  if (config === undefined) throw describeWeightsFile(file, where);
  if (!file.has(weightsGroup)) throw new SurgeryError('weight-missing', 'The file holds a model without its weights.', { expected: `a group ${weightsGroup}`, where });
  const version = textAttribute(file, '/', 'keras_version') ?? textAttribute(file, weightsGroup, 'keras_version') ?? 'unknown';
  if (version.startsWith('1.')) {
    throw new SurgeryError('unsupported', 'The model was written by Keras 1.', { expected: 'Keras 2 or 3', received: version, where });
  }
  const keras2 = !version.startsWith('3.');
  const { entry, problems } = modernConfig(config, keras2, 'model_config');
  const root = networkLayer(layerFromConfig(entry, 'model_config'), where);
  const training = jsonAttribute(file, 'training_config', where);
  const optimizer = optimizerOf(file, keras2);
  return {
    root: { ...root, network: attachLegacyWeights(root.network, file, { group: weightsGroup, keras2 }) },
    compile: readCompileConfig(keras2 ? modernTrainingConfig(training) : training),
    compileConfig: isJsonObject(training) ? training : null,
    optimizerVariables: optimizer.variables,
    format: 'h5',
    kerasVersion: version,
    problems: [...problems, ...optimizer.problems],
  };
}

function networkLayer(root: Layer, where: string): Layer & { readonly network: Network } {
  if (root.network) return { ...root, network: root.network };
  throw new SurgeryError('unsupported', 'The model is a class that only its own code can build.', {
    expected: 'a Sequential or Functional model', received: root.opaque ?? root.className, where,
  });
}

function textAttribute(file: Hdf5File, path: string, name: string): string | undefined {
  const value = file.attribute(path, name);
  return typeof value === 'string' ? value : undefined;
}

function jsonAttribute(file: Hdf5File, name: string, where: string): JsonObject | undefined {
  const value = file.attribute('/', name);
  if (value === undefined) return undefined;
  const parsed: Json = typeof value === 'string' ? parsePythonJson(value, name) : null;
  if (isJsonObject(parsed)) return parsed;
  throw new SurgeryError('format-broken', `The attribute ${name} is not what Keras writes.`, { expected: 'a JSON object', where });
}

interface OptimizerState {
  readonly variables: readonly OptimizerVariable[];
  readonly problems: readonly Problem[];
}

/** Keras 3 lists the optimizer's variables in its own order; those of Keras 2 are other variables. */
function optimizerOf(file: Hdf5File, keras2: boolean): OptimizerState {
  const group = 'optimizer_weights';
  if (!file.has(group)) return { variables: [], problems: [] };
  if (keras2) {
    return { variables: [], problems: [{ code: 'optimizer-state', message: 'The optimizer state of Keras 2 is not carried over: training starts with a fresh optimizer.' }] };
  }
  const names = listAttribute(file, group, 'weight_names');
  return { variables: names.map((name) => ({ name, ...file.tensor(`${group}/${name}`) })), problems: [] };
}
