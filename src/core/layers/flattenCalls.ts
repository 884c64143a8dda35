import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import type { Argument, Call, Layer, Model, Network, NetworkInput, TensorRef } from '../model/model';
import { numberTensors, type CallArguments } from './callArguments';

/**
 * One run of a layer that is no network, nested models resolved: what it reads and gives is named by keys that are unique in
 * the whole model, so that a graph can be cut at any set of them.
 */
export interface FlatCall {
  readonly layer: Layer;
  readonly path: string;
  /** Which run of this layer, counted over the whole model: 0 for the first. */
  readonly run: number;
  /** Tensors that it is given by place (or as `inputs`), in order; lists flattened. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Tensors that it is given by name; lists flattened. In a list of masks '' stands for None. */
  readonly named: Readonly<Partial<Record<string, readonly string[]>>>;
  /** Plain values that it is given by name; without None and `training`, which Keras' `fit` and `predict` override in every call. */
  readonly settings: JsonObject;
  /** An argument by place that is a plain value: no layer takes one. */
  readonly unsupportedArgument?: string;
  /** All arguments of an operation's call, by place and by name; its `inputs` are the tensors in them. */
  readonly given?: CallArguments;
}

/** Every tensor that a call reads. */
export function readsOf({ inputs, named }: FlatCall): string[] {
  return [...inputs, ...Object.values(named).flatMap((keys) => keys ?? [])].filter((key) => key !== '');
}

/** A tensor that enters or leaves the whole model. */
interface NamedTensor {
  readonly name: string;
  readonly key: string;
}

export interface FlatModel {
  /** In an order in which each comes after what it reads. */
  readonly calls: readonly FlatCall[];
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
}

interface Progress {
  readonly calls: FlatCall[];
  readonly runs: Map<string, number>;
}

interface Entry {
  readonly network: Network;
  /** '' or a path that ends in `/` */
  readonly prefix: string;
  /** Keys of what is fed to the network's inputs, in their order. */
  readonly given: readonly string[];
}

/**
 * Every run of every leaf layer in execution order. Input tensors are named `@NAME`, others `PATH:RUN:OUTPUT`. A nested model
 * that is called twice gives its layers two runs. Throws `format-broken` where a call reads what nothing gives.
 */
export function flattenCalls({ root }: Model): FlatModel {
  const progress: Progress = { calls: [], runs: new Map() };
  const inputs = root.network.inputs.map(({ name }) => ({ name, key: `@${name}` }));
  const keys = runNetwork({ network: root.network, prefix: '', given: inputs.map(({ key }) => key) }, progress);
  const outputs = root.network.outputs.map(({ name }, index) => ({ name, key: keys[index] ?? '' }));
  return { calls: progress.calls, inputs, outputs };
}

/** Keys of the network's outputs. */
function runNetwork(entry: Entry, progress: Progress): string[] {
  const { network, prefix } = entry;
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const known = new Map(network.inputs.map(({ ref }, index) => [refKey(ref), entry.given[index] ?? '']));
  const widths = outputCounts(network);
  for (const call of network.calls) {
    const layer = layers.get(call.layer);
    if (!layer) throw broken(`${prefix}${call.layer}`, 'a layer of the network');
    const read = resolve(call, layer, known, prefix);
    const width = widths.get(`${call.layer}:${call.call}`) ?? 1;
    const given = layer.network ? runNested(layer, read, entry, progress) : runLeaf(layer, { read, width }, entry, progress);
    given.forEach((key, output) => known.set(refKey({ layer: call.layer, call: call.call, output }), key));
  }
  return network.outputs.map(({ ref }) => lookUp(known, ref, prefix));
}

function refKey({ layer, call, output }: Pick<TensorRef, 'layer' | 'call' | 'output'>): string {
  return `${layer}:${call}:${output}`;
}

interface Reading {
  readonly tensors: readonly string[];
  /** By name where the argument is a dictionary. */
  readonly byKey: ReadonlyMap<string, string>;
  readonly named: Readonly<Partial<Record<string, readonly string[]>>>;
  readonly settings: JsonObject;
  readonly unsupported?: string | undefined;
  readonly given?: CallArguments;
}

function resolve(call: Call, layer: Layer, known: ReadonlyMap<string, string>, prefix: string): Reading {
  if (layer.operation) return resolveOperation(call, (ref) => lookUp(known, ref, `${prefix}${layer.name}`));
  const byKey = new Map<string, string>();
  const tensorsIn = (argument: Argument, name?: string): string[] => {
    if (argument.kind === 'value') return [];
    if (argument.kind === 'list') return argument.items.flatMap((item) => tensorsIn(item));
    if (argument.kind === 'dict') return Object.entries(argument.items).flatMap(([key, item]) => tensorsIn(item, key));
    const key = lookUp(known, argument, `${prefix}${layer.name}`);
    if (name !== undefined) byKey.set(name, key);
    return [key];
  };
  const tensors = [...call.args, ...('inputs' in call.kwargs ? [call.kwargs['inputs']] : [])].flatMap((argument) => tensorsIn(argument));
  const others = Object.entries(call.kwargs).filter(([name]) => name !== 'inputs' && name !== 'training');
  const named = others.map(([name, argument]) => [name, name === 'mask' ? masksIn(argument, tensorsIn) : tensorsIn(argument)] as const).filter(([, keys]) => keys.some((key) => key !== ''));
  const settings = others.flatMap(([name, argument]) => (argument.kind === 'value' && argument.value !== null ? [[name, argument.value] as const] : []));
  return { tensors, byKey, named: Object.fromEntries(named), settings: Object.fromEntries(settings), unsupported: plainByPlace(call) };
}

/** Masks keep their places among those that are None. */
function masksIn(argument: Argument, tensorsIn: (argument: Argument) => string[]): string[] {
  if (argument.kind !== 'list') return tensorsIn(argument);
  return argument.items.flatMap((item) => (item.kind === 'value' ? [''] : tensorsIn(item)));
}

/** An operation takes tensors and plain values anywhere among its arguments. */
function resolveOperation(call: Call, keyOf: (ref: TensorRef) => string): Reading {
  const { given, tensors } = numberTensors(call);
  return { tensors: tensors.map(keyOf), byKey: new Map(), named: {}, settings: {}, given };
}

function plainByPlace({ args }: Call): string | undefined {
  const position = args.findIndex((argument) => argument.kind === 'value' && argument.value !== null);
  return position < 0 ? undefined : `number ${position + 1}`;
}

function lookUp(known: ReadonlyMap<string, string>, ref: TensorRef, where: string): string {
  const key = known.get(refKey(ref));
  if (key === undefined) throw broken(where, `a tensor that a call before gives, not output ${ref.output} of call ${ref.call} of ${ref.layer}`);
  return key;
}

function broken(where: string, expected: string): SurgeryError {
  return new SurgeryError('format-broken', 'The graph of a network reads what nothing gives.', { expected, received: where, where });
}

function runLeaf(layer: Layer, { read, width }: { read: Reading; width: number }, entry: Entry, progress: Progress): string[] {
  const path = entry.prefix + layer.name;
  const run = progress.runs.get(path) ?? 0;
  progress.runs.set(path, run + 1);
  const outputs = Array.from({ length: width }, (_, output) => `${path}:${run}:${output}`);
  progress.calls.push({
    layer,
    path,
    run,
    inputs: read.tensors,
    outputs,
    named: read.named,
    settings: read.settings,
    ...(read.unsupported === undefined ? {} : { unsupportedArgument: read.unsupported }),
    ...(read.given ? { given: read.given } : {}),
  });
  return outputs;
}

function runNested(layer: Layer, read: Reading, entry: Entry, progress: Progress): string[] {
  const network = layer.network;
  if (!network) return [];
  const given = givenTo(network.inputs, read);
  const path = entry.prefix + layer.name;
  if (given.length !== network.inputs.length) {
    throw new SurgeryError('format-broken', 'A nested model is called with another number of inputs than it has.', {
      expected: `${network.inputs.length} inputs`,
      received: `${given.length} inputs`,
      where: path,
    });
  }
  return runNetwork({ network, prefix: `${path}/`, given }, progress);
}

/** A dictionary is matched by the names of the inputs where it has them all, else by order. */
function givenTo(inputs: readonly NetworkInput[], { tensors, byKey }: Reading): readonly string[] {
  const matched = inputs.map(({ name }) => byKey.get(name)).filter((key) => key !== undefined);
  return byKey.size > 0 && matched.length === inputs.length ? matched : tensors;
}

/** How many outputs of each call something reads, by `LAYER:CALL`; at least 1. */
function outputCounts(network: Network): Map<string, number> {
  const counts = new Map<string, number>();
  const see = ({ layer, call, output }: TensorRef): void => {
    const key = `${layer}:${call}`;
    counts.set(key, Math.max(counts.get(key) ?? 1, output + 1));
  };
  const seeAll = (argument: Argument): void => {
    if (argument.kind === 'tensor') see(argument);
    else if (argument.kind === 'list') argument.items.forEach(seeAll);
    else if (argument.kind === 'dict') Object.values(argument.items).forEach(seeAll);
  };
  for (const { args, kwargs } of network.calls) [...args, ...Object.values(kwargs)].forEach(seeAll);
  for (const { ref } of network.outputs) see(ref);
  return counts;
}
