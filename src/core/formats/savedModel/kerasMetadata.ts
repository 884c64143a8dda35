import { SurgeryError } from '../../errors';
import { isJsonObject, type Json, type JsonObject } from '../../model/json';
import type { ModelFolder } from '../../ports';
import { parsePythonJson } from '../pythonJson';
import { readAll } from './bundle';
import { readProto } from './protobuf';

/** What Keras 2 wrote of one of its objects. */
export interface KerasNode {
  /** `root.layer-1` */
  readonly path: string;
  /** `_tf_keras_layer`, `_tf_keras_network`, … */
  readonly identifier: string;
  readonly metadata: JsonObject;
}

/** bytes */
const maxMetadata = 64 * 1024 * 1024;
const maxGraph = 512 * 1024 * 1024;
const maxNodes = 500_000;
const maxPath = 4096;

/**
 * Keras' words about a SavedModel's objects: from `keras_metadata.pb`, before TensorFlow 2.5 from `saved_model.pb`. Throws
 * `not-a-model` for a folder that holds no SavedModel, `unsupported` for one that Keras did not write.
 */
export async function readKerasMetadata(folder: ModelFolder, where: string): Promise<readonly KerasNode[]> {
  const graph = await readIfThere(folder, 'saved_model.pb', maxGraph);
  if (!graph) {
    throw new SurgeryError('not-a-model', 'The folder is no SavedModel.', { expected: 'a folder with saved_model.pb', received: 'a folder without it', where });
  }
  const own = await readIfThere(folder, 'keras_metadata.pb', maxMetadata);
  const nodes = (own ? ownNodes(own) : graphNodes(graph)).filter(({ identifier }) => identifier.startsWith('_tf_keras_'));
  if (nodes.length > 0) return nodes;
  throw new SurgeryError('unsupported', 'The SavedModel holds computations and no Keras layers, so that nothing in it can be cut or trained. TensorFlow, model.export and Keras 3 write such.', {
    expected: 'a SavedModel of Keras 2 (model.save), or the model saved as .keras', received: 'one without Keras metadata', where,
  });
}

async function readIfThere(folder: ModelFolder, path: string, most: number): Promise<Uint8Array | undefined> {
  try {
    return await readAll(folder, path, most);
  } catch (thrown) {
    if (thrown instanceof SurgeryError && thrown.code === 'file-missing') return undefined;
    throw thrown;
  }
}

/** SavedMetadata (keras/protobuf/saved_metadata.proto) */
function ownNodes(bytes: Uint8Array): KerasNode[] {
  const where = 'keras_metadata.pb';
  const nodes = readProto(bytes, where).all(1);
  requireFew(nodes.length, where);
  return nodes.map((node) => readProto(node, where)).map((node) => ({ path: node.text(3), identifier: node.text(4), metadata: metadataOf(node.text(5), where) }));
}

/** The objects of the graph in `saved_model.pb` (saved_object_graph.proto), named by the first way that leads to each. */
function graphNodes(bytes: Uint8Array): KerasNode[] {
  const where = 'saved_model.pb';
  const graph = readProto(bytes, where).all(2).slice(0, 1).flatMap((meta) => readProto(meta, where).all(7)).at(0);
  if (!graph) return [];
  const nodes = readProto(graph, where).all(1).map((node) => readProto(node, where));
  requireFew(nodes.length, where);
  const paths = new Map([[0, 'root']]);
  for (const [id, path] of paths) {
    for (const child of nodes[id]?.all(1) ?? []) {
      const reference = readProto(child, where);
      const next = `${path}.${reference.text(2)}`;
      if (!paths.has(reference.number(1)) && next.length < maxPath) paths.set(reference.number(1), next);
    }
  }
  return nodes.flatMap((node, id) => node.all(4).map((user) => readProto(user, where)).map((user): KerasNode => (
    { path: paths.get(id) ?? '', identifier: user.text(1), metadata: user.text(1).startsWith('_tf_keras_') ? metadataOf(user.text(3), where) : {} })));
}

function requireFew(count: number, where: string): void {
  if (count > maxNodes) throw new SurgeryError('format-limit', 'The SavedModel has too many objects.', { expected: `at most ${maxNodes}`, received: String(count), where });
}

function metadataOf(text: string, where: string): JsonObject {
  const value = plain(parsePythonJson(text === '' ? '{}' : text, where));
  return isJsonObject(value) ? value : {};
}

/** Keras' JSON says what is a tuple or a shape: both are lists here. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(plain);
  if (!isJsonObject(value)) return value;
  const { class_name: className, items } = value;
  if ((className === '__tuple__' || className === 'TensorShape') && Array.isArray(items)) return plain(items);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
