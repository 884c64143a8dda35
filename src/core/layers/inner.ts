import type { Json, JsonObject } from '../model/json';
import type { Layer } from '../model/model';
import type { Value } from '../ops/graph';
import type { CallContext, KerasShape, Mask, WeightSpec } from './layer';
import { activityPenalty } from './penalty';
import type { ParsedLayer } from './registry';

/** What the layer around it hands to a call of an inner layer. */
export type InnerContext = Omit<CallContext<unknown>, 'config'>;

/** A layer, or a whole network, inside the config of another layer: what that one needs to know of it. */
export interface Inner {
  readonly className: string;
  /** Its own flag; with it off its variables are never trained. */
  readonly trainable: boolean;
  /** In Keras' order; names are unique, groups are below its own. */
  readonly weights: (inputs: readonly KerasShape[]) => readonly WeightSpec[];
  readonly outputShapes: (inputs: readonly KerasShape[]) => readonly KerasShape[];
  readonly call: (context: InnerContext, inputs: readonly Value[]) => readonly Value[];
  /** Why a call in training differs from one in inference. */
  readonly trainingDiffers: (trainable: boolean) => string | undefined;
  /** What Keras adds to the loss for what the layer gives, where that one is called and not only its `call`. */
  readonly activityRegularizer: Json;
  /** A layer of the network adds to the loss. */
  readonly addsLoss: boolean;
}

/** Finds the layer that an object of a config describes. Throws `unsupported` for one that cannot be run. */
export type Unwrap = (object: JsonObject, where: string) => Inner;

/** A single layer. */
export function innerLayer({ trainable, className, config: settings }: Layer, { definition, config }: ParsedLayer): Inner {
  return {
    className,
    trainable,
    weights: (inputs) => definition.weights(config, inputs).map((spec) => (trainable ? spec : { ...spec, trainable: false })),
    outputShapes: (inputs) => definition.outputShapes(config, inputs),
    call: (context, inputs) => definition.call({ ...context, config, trainable: context.trainable && trainable }, inputs),
    trainingDiffers: (around) => definition.trainingDiffers?.(config, around && trainable),
    activityRegularizer: definition.ownPenalty ? null : (settings['activity_regularizer'] ?? null),
    addsLoss: false,
  };
}

/** Calls the inner layer as Keras' `__call__`: with the penalty of its activity. */
export function callInner(inner: Inner, context: InnerContext, inputs: readonly Value[]): readonly Value[] {
  const outputs = inner.call(context, inputs);
  for (const output of outputs) {
    const loss = activityPenalty(inner.activityRegularizer, output, 'activity_regularizer');
    if (loss) context.addLoss(loss);
  }
  return outputs;
}

/** The variables of the inner layer under names and groups of the one around it. */
export function innerWeights(specs: readonly WeightSpec[], { prefix, group }: { readonly prefix: string; readonly group: string }): readonly WeightSpec[] {
  return specs.map((spec) => ({ ...spec, name: prefix + spec.name, group: spec.group === undefined ? group : `${group}/${spec.group}` }));
}

/** The context of an inner layer whose variables bear a prefix here. */
export function innerContext(context: InnerContext, prefix: string, masks: readonly Mask[]): InnerContext {
  const own = Object.entries(context.weights).filter(([name]) => name.startsWith(prefix));
  return {
    ...context,
    weights: Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])),
    update: (weight, next) => context.update(prefix + weight, next),
    masks,
    named: {},
    settings: {},
  };
}
