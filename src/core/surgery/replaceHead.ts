import { SurgeryError } from '../errors';
import type { KerasShape } from '../layers/layer';
import { showKerasShape } from '../layers/shapes';
import type { Call, Layer, Model, Network, TensorRef } from '../model/model';
import { dataOf, editNetwork, tensorsOf } from './edit';
import { specAt } from './fit';
import { headActivations } from './headActivations';
import { callOf, denseBefore, onlyInput, outputLayers, timesCalled, type OutputLayer } from './head';
import { matchingLoss } from './matchingLoss';
import { freeName } from './names';
import { newDense } from './newDense';
import type { Operation, OperationDefinition } from './operation';
import { reconnect, sameRef } from './reconnect';
import { refused } from './refuse';
import { requireName } from './rename';

type ReplaceHead = Extract<Operation, { op: 'replaceHead' }>;

/**
 * Puts a new Dense in the place of the output layer and, where that has no weights and follows a Dense, of that Dense too.
 * Loss and metrics become those that match the new head; the optimizer's variables are dropped.
 */
export const replaceHead: OperationDefinition<ReplaceHead> = {
  op: 'replaceHead',
  apply(model, operation, { seed }) {
    requireSettings(operation);
    const head = oldHead(model);
    const { shape, dtype, size } = vectorSpec(head);
    const name = nameOf(model, operation, head);
    const dense = newDense({ name, size, units: operation.units, activation: operation.activation, seed });
    const source: TensorRef = { ...head.source, shape, dtype };
    const edited = editNetwork(model, head.output.networkPath, (network) => graft(network, head, dense, source));
    return { model: { ...compiledFor(edited, operation), optimizerVariables: [] }, undo: model };
  },
};

function requireSettings({ units, activation }: ReplaceHead): void {
  const refuse = (what: string, expected: string, received: unknown): SurgeryError =>
    new SurgeryError('operation-refused', `The ${what} of the new head are not valid.`, { expected, received: JSON.stringify(received), where: what });
  if (!Number.isInteger(units) || units < 1) throw refuse('units', 'a whole number from 1', units);
  if (!headActivations.some((name) => name === activation)) throw refuse('activation', `one of ${headActivations.join(', ')}`, activation);
}

/** What goes, and what it read. */
interface OldHead {
  readonly output: OutputLayer;
  /** The output layer, and the Dense before it where that goes too; the first one first. */
  readonly removed: readonly Layer[];
  readonly source: TensorRef;
}

function oldHead(model: Model): OldHead {
  const output = outputLayers(model).at(0);
  if (!output || model.root.network.outputs.length !== 1) {
    throw refused('The model has several outputs, so it is not clear which head is meant.', {
      expected: 'a model with one output',
      received: `${model.root.network.outputs.length} outputs: ${model.root.network.outputs.map(({ name }) => name).join(', ')}`,
    });
  }
  if (output.layer.className === 'InputLayer') throw refused('The output of the model is its input: there is no head.', { expected: 'an output layer', where: output.path });
  requireOnce(model, output);
  requireUnread(model);
  const dense = denseBefore(output);
  if (dense) requireOnlyFor(output, dense);
  const removed = dense ? [dense, output.layer] : [output.layer];
  const first = callOf(output.network, dense ? outputOf(dense) : output.ref);
  const source = onlyInput(first);
  if (source) return { output, removed, source };
  throw refused('The output layer joins several tensors: without it there is not one vector per sample.', {
    expected: 'an output layer that reads one tensor',
    received: `${output.layer.className} that reads ${tensorNames(first)}`,
    where: output.path,
  });
}

/** The only output of a layer that is called once. */
function outputOf({ name }: Layer): TensorRef {
  return { kind: 'tensor', layer: name, call: 0, output: 0 };
}

function tensorNames(call: Call | undefined): string {
  return call ? dataOf(call).map(({ layer }) => layer).join(', ') || 'none' : 'none';
}

/** A layer that is called twice is no output layer alone; a nested model that is called twice would change in both places. */
function requireOnce(model: Model, { path, layer, network, networkPath }: OutputLayer): void {
  if (network.calls.filter((call) => call.layer === layer.name).length > 1) {
    throw refused('The output layer is shared: it is called more than once.', { expected: 'an output layer that is called once', where: path });
  }
  if (networkPath !== '' && timesCalled(model, networkPath) > 1) {
    throw refused('The output layer stands in a nested model that is called more than once.', { expected: 'a nested model that is called once', where: networkPath });
  }
}

/** On the way from the model's output inwards nothing else may read what the head gives. */
function requireUnread({ root }: Model): void {
  let network: Network | undefined = root.network;
  let ref: TensorRef | undefined = root.network.outputs.at(0)?.ref;
  while (network && ref) {
    const output: TensorRef = ref;
    const reader = network.calls.find((call) => tensorsOf(call).some((read) => sameRef(read, output)));
    if (reader) throw refused('Another layer reads what the output layer gives.', { expected: 'an output that nothing else reads', received: reader.layer, where: output.layer });
    network = network.layers.find(({ name }) => name === output.layer)?.network;
    ref = network?.outputs.at(output.output)?.ref;
  }
}

/** The Dense is called once and only the output layer reads it. Throws where something else needs it too. */
function requireOnlyFor({ network, layer, path }: OutputLayer, dense: Layer): void {
  const calls = network.calls.filter((call) => call.layer === dense.name).length;
  const readers = network.calls.filter((call) => tensorsOf(call).some((ref) => ref.layer === dense.name)).length;
  const outputs = network.outputs.filter(({ ref }) => ref.layer === dense.name).length;
  if (calls === 1 && readers === 1 && outputs === 0) return;
  throw refused(`The Dense before ${layer.name} would go too, but something else needs it.`, {
    expected: `a Dense that only ${layer.name} reads`,
    received: dense.name,
    where: path,
  });
}

interface VectorSpec {
  readonly shape: KerasShape;
  readonly dtype: string;
  readonly size: number;
}

/** Throws `operation-refused` that names what is missing, unless what is left is one vector per sample. */
function vectorSpec(head: OldHead): VectorSpec {
  const { shape: computed, dtype } = specAt(head.output.network, head.source);
  const shape = computed ?? shapeByKernel(head.removed.at(0));
  const where = head.source.layer;
  if (!shape) throw refused('What the new head would read has an unknown shape: a layer before it cannot be run.', { expected: 'one vector per sample', where });
  const size = shape[1];
  if (shape.length === 2 && typeof size === 'number') return { shape, dtype, size };
  const without = head.removed.map(({ name }) => name).join(' and ');
  throw refused(`What is left without ${without} is not one vector per sample: ${missing(shape)}.`, { expected: '[null, size]', received: showKerasShape(shape), where });
}

function missing(shape: KerasShape): string {
  if (shape.length === 2) return 'its size is not known';
  if (shape.length < 2) return 'an axis of features is missing, such as Reshape would give';
  const pooling = shape.length <= 5 ? ` or GlobalAveragePooling${shape.length - 2}D` : '';
  return `a Flatten${pooling} is missing`;
}

/** Behind an opaque layer a Dense that was built for vectors still says their size. */
function shapeByKernel(layer: Layer | undefined): KerasShape | null {
  const kernel = layer?.className === 'Dense' ? layer.weights.at(0) : undefined;
  const build = layer?.envelope['build_config'] as { readonly input_shape?: unknown } | undefined;
  const rank = Array.isArray(build?.input_shape) ? build.input_shape.length : 0;
  return rank === 2 && kernel ? [null, kernel.shape[0]] : null;
}

/** The name that was asked for, or `head`, `head_1`, … : the first that no layer of the model has. */
function nameOf(model: Model, { name }: ReplaceHead, { output, removed }: OldHead): string {
  const gone = new Set(removed.map((layer) => layer.name));
  if (name !== undefined) {
    requireName(name, { ...output.network, layers: output.network.layers.filter((layer) => !gone.has(layer.name)) }, output.path);
    return name;
  }
  return freeName(model, 'head', gone);
}

function graft(network: Network, { output, removed }: OldHead, dense: Layer, source: TensorRef): Network {
  const gone = new Set(removed.map(({ name }) => name));
  const ref = outputOf(dense);
  return reconnect({
    ...network,
    layers: network.layers.flatMap((layer) => (layer.name === output.layer.name ? [dense] : gone.has(layer.name) ? [] : [layer])),
    calls: [...network.calls.filter(({ layer }) => !gone.has(layer)), { layer: dense.name, call: 0, args: [source], kwargs: {} }],
    outputs: network.outputs.map((given) => (given.ref.layer === output.layer.name ? { name: dense.name, ref } : given)),
  });
}

/** A model that was compiled stays so, with the optimizer that it had. */
function compiledFor(model: Model, { units, activation }: ReplaceHead): Model {
  const loss = matchingLoss(units, activation);
  const metrics = loss === 'mean_squared_error' ? ['mean_absolute_error'] : ['accuracy'];
  const { compile, compileConfig } = model;
  return {
    ...model,
    compile: compile && { loss, metrics, optimizer: compile.optimizer },
    compileConfig: compileConfig && { ...compileConfig, loss, metrics, loss_weights: null, weighted_metrics: null },
  };
}
