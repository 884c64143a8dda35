import { z } from 'zod';
import { SurgeryError } from '../errors';
import { concat } from '../ops/concat';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { multiplyDims } from '../ops/shape';
import { slice } from '../ops/slice';
import { readConfig } from './config';
import { type Inner, innerContext, type InnerContext, innerWeights, type Unwrap } from './inner';
import { objectConfig } from './innerObject';
import type { CallContext, KerasShape, LayerDefinition, Mask } from './layer';
import { only, showKerasShape, toKerasShape } from './shapes';

const schema = z.object({ layer: objectConfig });

interface TimeDistributedConfig {
  readonly inner: Inner;
}

const GROUP = { prefix: '', group: 'layer' };

/** Applies the inner layer to every step of [batch, steps, ...] with the same weights. */
export function timeDistributed(unwrap: Unwrap): LayerDefinition<TimeDistributedConfig> {
  return {
    className: 'TimeDistributed',
    parse: (config, where) => ({ inner: unwrap(readConfig(schema, config, where).layer, `${where}.layer`) }),
    passesMask: true,
    weights: ({ inner }, inputs) => innerWeights(inner.weights([stepShape(only(inputs, 'TimeDistributed'))]), GROUP),
    outputShapes: ({ inner }, inputs) => {
      const input = only(inputs, 'TimeDistributed');
      const [output = []] = inner.outputShapes([stepShape(input)]);
      return [[output[0] ?? null, input[1] ?? null, ...output.slice(1)]];
    },
    call: (context, inputs) => {
      const x = only(inputs, 'TimeDistributed');
      stepShape(toKerasShape(x.shape));
      return [movesStates(context, x) ? stepByStep(context, x) : allSteps(context, x)];
    },
    trainingDiffers: ({ inner }, trainable) => inner.trainingDiffers(trainable),
    addsLoss: ({ inner }) => inner.addsLoss,
  };
}

/** [batch, ...] of one step. Throws `shape-mismatch`. */
function stepShape(input: KerasShape): KerasShape {
  if (input.length >= 3) return [input[0] ?? null, ...input.slice(2)];
  throw new SurgeryError('shape-mismatch', 'TimeDistributed takes a sequence for each sample.', { expected: '3 axes or more', received: showKerasShape(input) });
}

type Context = CallContext<TimeDistributedConfig>;

/** As in Keras, one step after the other: moving statistics move with each, each has its own batch, penalties are of a batch. */
function movesStates({ config: { inner }, training, trainable }: Context, x: Value): boolean {
  if (inner.addsLoss) return true;
  if (!training || inner.trainingDiffers(trainable) === undefined) return false;
  return inner.weights([stepShape(toKerasShape(x.shape))]).some((spec) => !spec.trainable);
}

/** Steps are more batch to the inner layer. */
function allSteps(context: Context, x: Value): Value {
  const [batch, steps, ...sample] = x.shape;
  const [mask] = context.masks;
  const folded = (value: Value): Value => reshape(value, [multiplyDims(batch, steps), ...value.shape.slice(2)]);
  const [output] = context.config.inner.call(innerContext(context, '', [mask && folded(mask)]), [reshape(x, [multiplyDims(batch, steps), ...sample])]);
  return reshape(output, [batch, steps, ...output.shape.slice(1)]);
}

function stepByStep(context: Context, x: Value): Value {
  const [mask] = context.masks;
  const weights = { ...context.weights };
  const steps = Array.from({ length: x.shape[1] }, (_, step) => {
    const around: InnerContext = {
      ...context,
      weights,
      update: (name, next) => {
        weights[name] = next;
        context.update(name, next);
      },
    };
    const [output] = context.config.inner.call(innerContext(around, '', [stepOf(mask, step)]), [stepOf(x, step)]);
    return reshape(output, [output.shape[0], 1, ...output.shape.slice(1)]);
  });
  return concat(steps, 1);
}

function stepOf<T extends Mask>(x: T, step: number): T {
  return x && (reshape(slice(x, 1, step, step + 1), [x.shape[0], ...x.shape.slice(2)]) as T);
}
