import { SurgeryError } from '../errors';
import { outputSpecs } from '../inspect/outputShapes';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { walkLayers, type Layer, type Model, type Weight } from '../model/model';
import type { Sha256 } from '../ports';
import { sizeOf, type StoredDType } from '../model/tensor';
import { bytesPerElement, decodeNumbers, encodeNumbers } from '../weights/decode';
import { writeCompileConfig } from './compileConfig';
import { type FileParts, joinedParts } from './fileParts';
import { asFormatMeans } from './hardSigmoid';
import { writeOldConfig } from './oldConfig';
import { withKeys, writePythonJson } from './pythonJson';
import { requireTfjsLayer, tfjsVariable } from './tfjsLayers';
import { tfjsObject } from './tfjsObjects';

/** bytes of one file of weights, as the converter cuts them */
const shardSize = 4 * 1024 * 1024;

/** What TensorFlow.js takes as the name of a variable (tfjs-layers/src/common.ts). */
const tensorName = /^[A-Za-z0-9][-A-Za-z0-9_./]*$/;

/** The files of a TensorFlow.js layers model. */
export interface TfjsFiles {
  /** `model.json` */
  readonly bytes: string;
  /** Weights by file name. A name holds a hash, so that an export never replaces the weights of another one. */
  readonly beside: Readonly<Record<string, FileParts>>;
}

/**
 * A layers model that TensorFlow.js loads: topology as its converter writes it, float32 weights in shards. Throws `unsupported`,
 * with the layer's name, for what TensorFlow.js does not have.
 */
export function writeTfjs(given: Model, sha256: Sha256): TfjsFiles {
  const model = asFormatMeans(given, 'keras 2');
  const placed = [...walkLayers(model)];
  const { reads } = outputSpecs(model);
  for (const { layer, path } of placed) requireTfjsLayer(layer, path, reads.get(path) ?? []);
  const weights = namedWeights(placed);
  const shards = cut(weights);
  const hashes = shards.map((shard) => sha256(joinedParts(shard)));
  const hash = sha256(new TextEncoder().encode(hashes.join())).slice(0, 8);
  const count = shards.length;
  const names = Array.from({ length: count }, (_, index) => `group1-shard${index + 1}of${count}.${hash}.bin`);
  const training = trainingConfig(model);
  const manifest: JsonObject = {
    format: 'layers-model', generatedBy: 'Model Surgery', convertedBy: null,
    modelTopology: {
      keras_version: 'tfjs-layers 4.22.0', backend: 'tensorflow', model_config: float32Config(writeOldConfig(model.root, 'tfjs')),
      ...(training ? { training_config: training } : {}),
    },
    weightsManifest: [{ paths: names, weights: weights.map(({ entry }) => entry) }],
  };
  return { bytes: writePythonJson(manifest), beside: Object.fromEntries(names.map((name, index) => [name, shards[index]])) };
}

interface Stored {
  readonly entry: JsonObject;
  /** bytes */
  readonly size: number;
  readonly stored: () => Uint8Array;
}

/** All weights one after the other, cut into files. One weight at a time is in memory: shards are asked for in their order. */
function cut(weights: readonly Stored[]): FileParts[] {
  let held: { readonly of: Stored; readonly bytes: Uint8Array } | undefined;
  const bytesOf = (of: Stored): Uint8Array => {
    if (held?.of !== of) held = { of, bytes: of.stored() };
    return held.bytes;
  };
  const starts: number[] = [];
  const total = weights.reduce((at, { size }) => {
    starts.push(at);
    return at + size;
  }, 0);
  return Array.from({ length: Math.ceil(total / shardSize) }, (_, index): FileParts => {
    const [from, to] = [index * shardSize, Math.min(total, (index + 1) * shardSize)];
    const inside = weights.map((weight, at) => ({ weight, start: starts[at] })).filter(({ weight, start }) => start < to && start + weight.size > from);
    return {
      size: to - from,
      *chunks() {
        for (const { weight, start } of inside) yield bytesOf(weight).subarray(Math.max(0, from - start), Math.min(weight.size, to - start));
      },
    };
  });
}

/** TensorFlow.js finds a variable by the name of its layer, however deep that is, and its own. */
function namedWeights(placed: readonly { readonly path: string; readonly layer: Layer }[]): Stored[] {
  const seen = new Set<string>();
  return placed.flatMap(({ path, layer }) => layer.weights.filter(({ name }) => !name.endsWith('seed_generator_state')).map((weight) => {
    const name = `${layer.name}/${tfjsVariable(layer.className, weight.name)}`;
    if (!tensorName.test(name)) throw new SurgeryError('unsupported', 'TensorFlow.js takes no such name for a layer with weights.', { expected: 'letters, digits and . _ -', received: layer.name, where: path });
    if (seen.has(name)) throw new SurgeryError('unsupported', 'TensorFlow.js cannot tell two variables of one name apart.', { expected: 'layers with different names', received: name, where: path });
    seen.add(name);
    const { dtype, stored } = asFloats(weight, path);
    return { entry: { name, shape: weight.shape, dtype }, size: sizeOf(weight.shape) * bytesPerElement(dtype), stored };
  }));
}

/** What float32 or int32 hold without loss. */
function asFloats(weight: Weight, path: string): { dtype: StoredDType; stored: () => Uint8Array } {
  const { dtype } = weight;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return { dtype, stored: () => weight.bytes };
  if (dtype === 'float16' || dtype === 'bfloat16') return { dtype: 'float32', stored: () => encodeNumbers('float32', decodeNumbers(weight)) };
  throw new SurgeryError('unsupported', 'TensorFlow.js has no such element type.', { expected: 'float32, float16, bfloat16, int32 or bool', received: dtype, where: `${path}/${weight.name}` });
}

/** It computes in float32, whatever a layer was told. */
function float32Config(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(float32Config);
  if (!isJsonObject(value)) return value;
  return withKeys(value, Object.fromEntries(Object.entries(value).map(([key, item]) => [key, setting(key, item)])));
}

function setting(key: string, value: Json): Json {
  if (key === 'dtype') return floatName(value);
  return key === 'activation' && value === 'silu' ? 'swish' : float32Config(tfjsObject(key, value));
}

function floatName(dtype: Json): Json {
  return typeof dtype === 'string' && !/float/.test(dtype) ? dtype : 'float32';
}

/** Compile settings for `training_config`; TensorFlow.js itself reads them under another key only, so nothing there can stop it. */
function trainingConfig({ compile, compileConfig }: Model): JsonObject | undefined {
  if (!compile) return undefined;
  const written = writeCompileConfig(compile, compileConfig);
  const [optimizer, loss, metrics] = [written['optimizer'] ?? null, written['loss'] ?? null, written['metrics'] ?? null];
  const isObject = isJsonObject(optimizer);
  const settings = isObject ? { class_name: optimizer['class_name'] ?? null, config: optimizer['config'] ?? {} } : { class_name: optimizer, config: {} };
  return optimizer === null ? undefined : { loss, metrics, optimizer_config: settings };
}
