import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Layer, Model, Network, OptimizerVariable, Problem } from '../model/model';
import { readCompileConfig } from './compileConfig';
import type { Hdf5File } from './hdf5Door';
import { layerFromConfig } from './kerasConfig';
import { modernConfig } from './legacyConfig';
import { modernOptimizer } from './legacyOptimizer';
import { modernTrainingConfig } from './legacyTraining';
import { attachLegacyWeights, listAttribute } from './legacyWeights';
import { parsePythonJson } from './pythonJson';
import { describedTensor } from './storedTensor';
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
  const optimizer = optimizerOf(file);
  const model: Model = {
    root: { ...root, network: attachLegacyWeights(root.network, file, { group: weightsGroup, keras2 }) },
    compile: readCompileConfig(keras2 ? modernTrainingConfig(training) : training),
    compileConfig: isJsonObject(training) ? training : null,
    optimizerVariables: optimizer,
    format: 'h5',
    kerasVersion: version,
    problems,
  };
  return keras2 && optimizer.length > 0 ? withModernOptimizer(model) : model;
}

/** What cannot be told apart is left out: training then starts with a fresh optimizer. */
function withModernOptimizer(model: Model): Model {
  const variables = modernOptimizer(model, model.optimizerVariables);
  if (variables) return { ...model, optimizerVariables: variables };
  const problem: Problem = { code: 'optimizer-state', message: 'The optimizer state in the file is not carried over: training starts with a fresh optimizer.' };
  return { ...model, optimizerVariables: [], problems: [...model.problems, problem] };
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

/** The optimizer's variables in the order of the file. */
function optimizerOf(file: Hdf5File): readonly OptimizerVariable[] {
  const group = 'optimizer_weights';
  if (!file.has(group)) return [];
  return listAttribute(file, group, 'weight_names').map((name) => describedTensor({ name }, file.tensor(`${group}/${name}`)));
}
