import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import { isJsonObject } from '../model/json';
import type { CompileSettings, Layer, Model, Network, TensorRef } from '../model/model';
import { editNetwork, findLayer, mapRefs, networkOf, parentPath } from './edit';
import type { Operation, OperationDefinition } from './operation';

type Rename = Extract<Operation, { op: 'rename' }>;

/** Gives a layer another name, and with it the references, inputs, outputs and settings that are keyed by it. */
export const rename: OperationDefinition<Rename> = {
  op: 'rename',
  apply(model, { layer: path, name }) {
    const placed = findLayer(model, path);
    if (placed.layer.name === name) return { model, undo: model };
    requireName(name, networkOf(placed), path);
    const above = parentPath(placed);
    const edited = editNetwork(model, above, (network) => renameIn(network, placed.layer.name, name));
    return { model: above === '' ? renameSettings(edited, placed.layer.name, name) : edited, undo: model };
  },
};

/** Keras refuses a name with a slash and two layers of one name in a model. Throws `operation-refused`. */
export function requireName(name: string, network: Network, where: string): void {
  const taken = [...network.layers.map((layer) => layer.name), ...network.inputs.map(({ ref }) => ref.layer)];
  const refuse = (message: string, expected: string): SurgeryError =>
    new SurgeryError('operation-refused', message, { expected, received: JSON.stringify(name), where });
  if (name.trim() === '') throw refuse('A layer needs a name.', 'a name that is not empty');
  if (name.includes('/')) throw refuse("A layer's name cannot contain a slash: Keras refuses it.", 'a name without /');
  if (taken.includes(name)) throw refuse('Another layer of the same model has this name.', `a name other than ${name}`);
}

/** A layer of a network by another name, in all that names it. */
export function renameIn(network: Network, from: string, to: string): Network {
  const edit = (ref: TensorRef): TensorRef => (ref.layer === from ? { ...ref, layer: to } : ref);
  const named = (name: string, ref: TensorRef): string => (ref.layer === from && name === from ? to : name);
  return {
    ...mapRefs(network, edit),
    layers: network.layers.map((layer) => (layer.name === from ? renamed(layer, to) : layer)),
    calls: mapRefs(network, edit).calls.map((call) => (call.layer === from ? { ...call, layer: to } : call)),
    inputs: network.inputs.map((input) => ({ ...input, name: named(input.name, input.ref), ref: edit(input.ref) })),
    outputs: network.outputs.map((output) => ({ name: named(output.name, output.ref), ref: edit(output.ref) })),
  };
}

function renamed(layer: Layer, name: string): Layer {
  return { ...layer, name, config: { ...layer.config, name } };
}

/** Losses, metrics and loss weights may be keyed by output name. */
export function renameSettings(model: Model, from: string, to: string): Model {
  const { compile, compileConfig } = model;
  return {
    ...model,
    compile: compile && (renameKeys(compile as unknown as JsonObject, from, to) as unknown as CompileSettings),
    compileConfig: compileConfig && renameKeys(compileConfig, from, to),
  };
}

function renameKeys(settings: JsonObject, from: string, to: string): JsonObject {
  const keyed = new Set(['loss', 'metrics', 'weightedMetrics', 'weighted_metrics', 'lossWeights', 'loss_weights']);
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => {
      if (!keyed.has(key) || !isJsonObject(value) || 'class_name' in value) return [key, value];
      return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name === from ? to : name, inner]))];
    }),
  );
}
