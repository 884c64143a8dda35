import type { CompileSettings, KerasObject, Layer, Model, Network, TensorRef } from '../model/model';
import type { JsonObject } from '../model/json';
import { showKerasShape } from '../layers/shapes';
import { asFunctional } from './asFunctional';
import { findLayer } from './edit';
import { specAt } from './fit';
import { headActivations } from './headActivations';
import { matchingLoss } from './matchingLoss';
import { freeName } from './names';
import { newDense } from './newDense';
import type { Operation, OperationDefinition } from './operation';
import { reconnect, sameRef } from './reconnect';
import { refused } from './refuse';
import { requireName } from './rename';

type AddOutput = Extract<Operation, { op: 'addOutput' }>;

/**
 * One output more: what a layer gives, or a new Dense that reads it. A Sequential becomes a Functional. A model that was compiled
 * gets the loss that matches for the new output, and keeps the others by name.
 */
export const addOutput: OperationDefinition<AddOutput> = {
  op: 'addOutput',
  apply(given, operation, { seed }) {
    const model = asFunctional(given);
    const { network } = model.root;
    const tensor = tensorOf(model, operation.layer);
    const head = operation.units === undefined ? undefined : headOn(model, operation, { tensor, seed });
    const ref: TensorRef = head ? { kind: 'tensor', layer: head.name, call: 0, output: 0 } : tensor;
    if (network.outputs.some((output) => sameRef(output.ref, ref))) throw refused('The layer is an output already.', { expected: 'another layer, or units for a new one behind it', where: operation.layer });
    const edited = reconnect(head ? withHead(network, head, tensor) : network);
    const root = { ...model.root, network: reconnect({ ...edited, outputs: [...network.outputs, { name: ref.layer, ref }] }) };
    return { model: { ...compiledFor({ ...model, root }, ref.layer, operation), optimizerVariables: [] }, undo: given };
  },
};

/** The only tensor that a layer of the outermost model gives. */
function tensorOf(model: Model, path: string): TensorRef {
  const { layer, parents } = findLayer(model, path);
  if (parents.length > 1) throw refused('What a layer inside a nested model gives is no output of the whole model.', { expected: 'a layer of the outermost model', where: path });
  if (layer.className === 'InputLayer') throw refused('An input is no output.', { expected: 'a layer that computes', where: path });
  const calls = model.root.network.calls.filter((call) => call.layer === layer.name).length;
  if (calls !== 1 || (layer.network?.outputs.length ?? 1) !== 1) {
    throw refused('The layer gives several tensors: it is not clear which one is meant.', { expected: 'a layer that is called once and has one output', received: `${calls} calls`, where: path });
  }
  return { kind: 'tensor', layer: layer.name, call: 0, output: 0 };
}

function activationOf({ units = 1, activation }: AddOutput): string {
  return activation ?? (units === 1 ? 'sigmoid' : 'softmax');
}

function headOn(model: Model, operation: AddOutput, { tensor, seed }: { readonly tensor: TensorRef; readonly seed: number }): Layer {
  const { network } = model.root;
  const { units = 1, name, layer } = operation;
  const activation = activationOf(operation);
  if (!Number.isInteger(units) || units < 1) throw refused('The units of the new output are not valid.', { expected: 'a whole number from 1', received: String(units), where: 'units' });
  if (!headActivations.some((known) => known === activation)) throw refused('There is no such activation.', { expected: `one of ${headActivations.join(', ')}`, received: activation, where: 'activation' });
  if (name !== undefined) requireName(name, network, 'name');
  return newDense({ name: name ?? freeName(model, 'output'), size: vectorSize(network, tensor, layer), units, activation, seed });
}

function vectorSize(network: Network, tensor: TensorRef, where: string): number {
  const { shape } = specAt(network, tensor);
  const size = shape?.[1];
  if (shape?.length === 2 && typeof size === 'number') return size;
  throw refused('A new output reads one vector per sample.', { expected: '[null, size], behind a Flatten or a global pooling', received: shape ? showKerasShape(shape) : 'a shape that is not known', where });
}

function withHead(network: Network, head: Layer, source: TensorRef): Network {
  const ref: TensorRef = { kind: 'tensor', layer: head.name, call: 0, output: 0 };
  // Kept by an output of its own, so that it is not taken for a layer that nothing needs.
  const outputs = [...network.outputs, { name: head.name, ref }];
  return { ...network, layers: [...network.layers, head], calls: [...network.calls, { layer: head.name, call: 0, args: [source], kwargs: {} }], outputs };
}

function compiledFor(model: Model, added: string, operation: AddOutput): Model {
  const { compile, compileConfig, root } = model;
  if (!compile) return model;
  const names = root.network.outputs.map(({ name }) => name).slice(0, -1);
  const { units } = operation;
  const loss = units === undefined ? 'mean_squared_error' : matchingLoss(units, activationOf(operation));
  const losses = { ...lossesOf(compile, names), [added]: loss };
  const metrics = { ...metricsOf(compile, names), [added]: [] };
  const settings = { loss: losses, metrics };
  return {
    ...model,
    compile: { ...settings, optimizer: compile.optimizer },
    compileConfig: compileConfig && { ...compileConfig, ...(settings as unknown as JsonObject), loss_weights: null, weighted_metrics: null },
  };
}

function lossesOf({ loss }: CompileSettings, names: readonly string[]): Record<string, KerasObject | null> {
  if (Array.isArray(loss)) return Object.fromEntries(names.map((name, index) => [name, (loss as readonly (KerasObject | null)[])[index] ?? null]));
  if (loss === null || typeof loss === 'string' || 'class_name' in loss) return Object.fromEntries(names.map((name) => [name, loss as KerasObject | null]));
  return { ...(loss as Readonly<Record<string, KerasObject | null>>) };
}

type Metric = KerasObject | readonly KerasObject[];

function metricsOf({ metrics }: CompileSettings, names: readonly string[]): Record<string, Metric> {
  if (!Array.isArray(metrics)) return { ...(metrics as Readonly<Record<string, Metric>>) };
  const list = metrics as readonly Metric[];
  return Object.fromEntries(names.map((name, index) => [name, names.length === 1 ? list.flat() : list[index] ?? []]));
}
