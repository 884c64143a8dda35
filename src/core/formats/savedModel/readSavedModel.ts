import { SurgeryError } from '../../errors';
import { isJsonObject, type JsonObject } from '../../model/json';
import type { Layer, Model, Network, OptimizerVariable, Problem } from '../../model/model';
import type { ModelFolder } from '../../ports';
import { readCompileConfig } from '../compileConfig';
import { layerFromConfig } from '../kerasConfig';
import { modernConfig } from '../legacyConfig';
import { modernOptimizer } from '../legacyOptimizer';
import { modernTrainingConfig } from '../legacyTraining';
import { openBundle, type TensorBundle } from './bundle';
import { readKerasMetadata, type KerasNode } from './kerasMetadata';
import { ObjectGraph } from './objectGraph';
import { optimizerIn } from './savedOptimizer';
import { attachCheckpoint, type CheckpointFilled } from './savedWeights';

const graphKey = '_CHECKPOINTABLE_OBJECT_GRAPH';

/**
 * A SavedModel that Keras 2 saved (`model.save(folder)`), read without running anything in it: layers from Keras' own words beside
 * the computations, weights from the checkpoint. Throws `not-a-model`, `unsupported` for one that Keras did not write or whose class
 * only its own code can build, `format-…`, `weight-…`, `file-…`. `where` names the folder in errors.
 */
export async function readSavedModel(folder: ModelFolder, where: string): Promise<Model> {
  const nodes = await readKerasMetadata(folder, where);
  const about = nodes.find(({ path }) => path === 'root')?.metadata;
  const config = about?.['model_config'];
  if (!about || !isJsonObject(config)) throw ownCode(JSON.stringify(about?.['class_name'] ?? null), where);
  const { entry, problems } = modernConfig(config, true, 'model_config');
  const root = layerFromConfig(entry, 'model_config');
  if (!root.network) throw ownCode(root.opaque ?? root.className, where);
  const bundle = await openBundle(folder, 'variables/variables');
  try {
    const graph = new ObjectGraph(await bundle.text(graphKey), graphKey);
    const filled = await attachCheckpoint(root.network, { graph, bundle, names: namesOf(nodes, graph) });
    return await withOptimizer(modelOf({ root, about, problems, filled }), { graph, bundle, filled });
  } finally {
    await bundle.close();
  }
}

function ownCode(received: string, where: string): SurgeryError {
  return new SurgeryError('unsupported', 'The model is a class that only its own code can build.', { expected: 'a Sequential or Functional model', received, where });
}

/** The layer that each object of the checkpoint is. */
function namesOf(nodes: readonly KerasNode[], graph: ObjectGraph): ReadonlyMap<number, string> {
  const named = nodes.flatMap(({ path, metadata }): [number, string][] => {
    const object = graph.follow(path);
    return object && typeof metadata['name'] === 'string' ? [[object.id, metadata['name']]] : [];
  });
  return new Map(named);
}

interface Parts {
  readonly root: Layer;
  readonly about: JsonObject;
  readonly problems: readonly Problem[];
  readonly filled: CheckpointFilled;
}

function modelOf({ root, about, problems, filled }: Parts): Model {
  const network: Network = filled.network;
  const training = isJsonObject(about['training_config']) ? about['training_config'] : undefined;
  const version = about['keras_version'];
  return {
    root: { ...root, network },
    compile: readCompileConfig(modernTrainingConfig(training)),
    compileConfig: training ?? null,
    optimizerVariables: [],
    format: 'saved-model',
    kerasVersion: typeof version === 'string' ? version : 'unknown',
    problems,
  };
}

/** What cannot be told apart is left out: training then starts with a fresh optimizer. */
async function withOptimizer(model: Model, from: { readonly graph: ObjectGraph; readonly bundle: TensorBundle; readonly filled: CheckpointFilled }): Promise<Model> {
  const stored: readonly OptimizerVariable[] = model.compile ? await optimizerIn(model, from) : [];
  if (stored.length === 0) return model;
  const variables = modernOptimizer(model, stored);
  if (variables) return { ...model, optimizerVariables: variables };
  const problem: Problem = { code: 'optimizer-state', message: 'The optimizer state in the file is not carried over: training starts with a fresh optimizer.' };
  return { ...model, problems: [...model.problems, problem] };
}
