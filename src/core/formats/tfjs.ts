import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Layer, Model, Network, Problem } from '../model/model';
import type { ModelFolder } from '../ports';
import { readCompileConfig } from './compileConfig';
import { layerFromConfig } from './kerasConfig';
import { modernConfig } from './legacyConfig';
import { modernTrainingConfig } from './legacyTraining';
import { attachNamedWeights } from './legacyWeights';
import { parsePythonJson } from './pythonJson';
import { isShardIndex } from './shardedWeights';
import { pythonic } from './tfjsNames';
import { readTfjsWeights } from './tfjsWeights';
import { weightsAlone } from './weightsFile';

/**
 * A TensorFlow.js layers model: `model.json` as the converter or TensorFlow.js itself writes it, its weights in shards beside it.
 * Throws `not-a-model` for an architecture alone, `unsupported` for a graph model, `format-…` and `weight-…` for what is wrong.
 */
export async function readTfjs(bytes: Uint8Array, where: string, folder: ModelFolder | undefined): Promise<Model> {
  const manifest = parsePythonJson(textOf(bytes, where), where);
  if (!isJsonObject(manifest)) throw broken('an object', where);
  if (isShardIndex(manifest)) throw weightsAlone(where);
  const topology = topologyOf(manifest, where);
  const config = pythonic(either(topology, 'model_config', 'modelConfig') ?? topology);
  if (!isJsonObject(config)) throw broken('a model_config', where);
  const written = either(topology, 'keras_version', 'kerasVersion');
  const version = typeof written === 'string' ? written : 'unknown';
  const { root, problems } = rootOf(config, version, where);
  if (!Array.isArray(manifest['weightsManifest'])) throw architectureAlone(where);
  const weights = await readTfjsWeights(manifest['weightsManifest'] as readonly Json[], where, folder);
  const compileConfig = trainingOf(topology, manifest);
  return {
    root: { ...root, network: attachNamedWeights(root.network, weights) },
    compile: readCompileConfig(modernTrainingConfig(compileConfig)),
    compileConfig: compileConfig ?? null,
    optimizerVariables: [],
    format: 'tfjs-layers',
    kerasVersion: version,
    problems,
  };
}

function either(object: JsonObject, snake: string, camel: string): Json | undefined {
  return object[snake] ?? object[camel];
}

function rootOf(config: JsonObject, version: string, where: string): { readonly root: Layer & { readonly network: Network }; readonly problems: readonly Problem[] } {
  const { entry, problems } = modernConfig(config, !version.startsWith('3.'), 'model_config');
  const root = layerFromConfig(entry, 'model_config');
  if (root.network) return { root: { ...root, network: root.network }, problems };
  throw new SurgeryError('unsupported', 'The model is a class that only its own code can build.', { expected: 'a Sequential or Functional model', received: root.opaque ?? root.className, where });
}

/** The converter keeps it in the topology, TensorFlow.js beside it. */
function trainingOf(topology: JsonObject, manifest: JsonObject): JsonObject | undefined {
  const training = pythonic(either(topology, 'training_config', 'trainingConfig') ?? manifest['trainingConfig'] ?? null);
  return isJsonObject(training) ? training : undefined;
}

function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SurgeryError('format-broken', 'The JSON is not UTF-8 text.', { where, cause });
  }
}

/** A graph model has a topology too, of TensorFlow's nodes. */
function topologyOf(manifest: JsonObject, where: string): JsonObject {
  const topology = manifest['modelTopology'];
  if (!isJsonObject(topology)) throw 'class_name' in manifest ? architectureAlone(where) : noModel(where);
  const isGraph = manifest['format'] === 'graph-model' || Array.isArray(topology['node']) || 'library' in topology;
  if (!isGraph) return topology;
  throw new SurgeryError('unsupported', 'The file is a graph model of TensorFlow.js: operations without Keras layers, which cannot be cut or trained.', {
    expected: 'the Keras model that it was converted from, or that model converted with --output_format=tfjs_layers_model', received: 'a graph model', where,
  });
}

function noModel(where: string): SurgeryError {
  return new SurgeryError('not-a-model', 'The JSON holds no model.', { expected: 'the model.json of TensorFlow.js, or the JSON of a Keras model', received: 'other JSON', where });
}

function architectureAlone(where: string): SurgeryError {
  return new SurgeryError('not-a-model', 'The file holds no weights: an architecture alone is not a model.', {
    expected: 'a saved model, or a plan with the operation loadWeights', received: 'JSON', where,
  });
}

function broken(expected: string, where: string): SurgeryError {
  return new SurgeryError('format-broken', 'The model.json is not what TensorFlow.js writes.', { expected, where });
}
