import { isEffectivelyTrainable, type Layer, type Model, walkLayers } from '../model/model';
import { type FlatCall, type FlatModel, flattenCalls, readsOf } from '../layers/flattenCalls';
import type { LayerDefinition } from '../layers/layer';
import { parseLayer, type ParsedLayer } from '../layers/registry';

/** The part of a model that is computed once for each data set: what it gives does not change while a phase trains. */
export interface Prefix {
  /** Keys of the tensors that the rest of the model reads; empty where nothing is worth caching. */
  readonly keys: readonly string[];
  /** Names of the model's inputs that nothing reads any more. */
  readonly needless: readonly string[];
  /** Paths of the layers that are left out of the step program, in order. */
  readonly layers: readonly string[];
  /** Why it is no longer, where something random or moving ends it. */
  readonly ends: string | null;
}

export const noPrefix: Prefix = { keys: [], needless: [], layers: [], ends: null };

/**
 * The longest prefix of runs of layers that are frozen (or have no weights) and do the same in training as in inference. A run
 * that gives an output of the model stays, since its loss may look through it (see `logitsOf`), and so does one that adds to
 * the loss. A prefix without a weight that could have been trained is not worth its memory.
 */
export function findPrefix(model: Model): Prefix {
  const flat = flattenCalls(model);
  const flags = new Map([...walkLayers(model)].map((placed) => [placed.path, isEffectivelyTrainable(placed)]));
  const outputs = new Set(flat.outputs.map(({ key }) => key));
  const fixed = new Set(flat.inputs.map(({ key }) => key));
  const inside: FlatCall[] = [];
  let ends: string | null = null;
  for (const call of flat.calls) {
    if (!readsOf(call).every((key) => fixed.has(key))) continue;
    const reason = whyLive(call, flags.get(call.path) ?? true);
    if (reason === undefined && !call.outputs.some((key) => outputs.has(key))) {
      call.outputs.forEach((key) => fixed.add(key));
      inside.push(call);
    } else if (reason?.shown) ends ??= `${call.path}: ${reason.text}`;
  }
  if (!inside.some(({ layer }) => layer.weights.some((weight) => weight.trainable))) return { ...noPrefix, ends };
  return { ...frontier(flat, inside), layers: [...new Set(inside.map(({ path }) => path))], ends };
}

interface LiveReason {
  readonly text: string;
  /** A trainable layer ends a prefix as it should; anything else the user is told. */
  readonly shown: boolean;
}

function whyLive({ layer, path, named }: FlatCall, trainable: boolean): LiveReason | undefined {
  if (layer.operation) return undefined;
  const trains = trainable && layer.weights.some((weight) => weight.trainable);
  if (trains) return { text: 'it is trainable', shown: false };
  if (layer.weights.some(({ name }) => name.endsWith('seed_generator_state'))) {
    return { text: 'it draws random numbers', shown: true };
  }
  const { definition, config } = parseLayer(layer, path);
  const text = definition.trainingDiffers?.(config, trainable) ?? (givesMask(definition, config, named) ? 'its output carries a mask' : undefined);
  if (text !== undefined) return { text, shown: true };
  return addsLoss(layer, { definition, config }) ? { text: 'it adds to the loss', shown: true } : undefined;
}

function givesMask(definition: LayerDefinition<unknown>, config: unknown, named: FlatCall['named']): boolean {
  return Object.hasOwn(named, 'mask') || definition.makesMask?.(config) === true;
}

function addsLoss({ className, config }: Layer, parsed: ParsedLayer): boolean {
  return className === 'ActivityRegularization' || (config['activity_regularizer'] ?? null) !== null || parsed.definition.addsLoss?.(parsed.config) === true;
}

/** What runs outside read of what runs inside give, and the inputs that none of them reads. */
function frontier({ calls, inputs }: FlatModel, inside: readonly FlatCall[]): Pick<Prefix, 'keys' | 'needless'> {
  const given = new Set(inside.flatMap(({ outputs }) => outputs));
  const read = new Set(calls.filter((call) => !inside.includes(call)).flatMap(readsOf));
  return {
    keys: [...read].filter((key) => given.has(key)),
    needless: inputs.filter(({ key }) => !read.has(key)).map(({ name }) => name),
  };
}
