import { z } from 'zod';
import { SurgeryError } from '../errors';
import { mul } from '../ops/binary';
import { greaterEqual } from '../ops/compare';
import type { Value } from '../ops/graph';
import { where } from '../ops/where';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

export const dropoutConfig = z.object({ rate: z.number().min(0).max(1), noise_shape: z.array(z.int().positive().nullable()).nullish() });

type DropoutConfig = z.output<typeof dropoutConfig>;

/** In training, an element is kept where a uniform number is not below the rate, and divided by the share that is kept. */
export const dropoutLayer: LayerDefinition<DropoutConfig> = {
  className: 'Dropout',
  parse: (config, where_) => readConfig(dropoutConfig, config, where_),
  passesMask: true,
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'Dropout')],
  call: ({ config, training, random }, inputs) => {
    const x = only(inputs, 'Dropout');
    return [training ? dropped(x, config.rate, () => random(noiseShape(config, x.shape, 'Dropout'))) : x];
  },
  trainingDiffers: ({ rate }) => (rate > 0 ? 'it drops at random in training' : undefined),
};

/** `x` after dropout; `draw` gives uniform numbers of a shape that broadcasts to it. */
export function dropped(x: Value, rate: number, draw: () => Value): Value {
  if (rate === 0) return x;
  if (rate === 1) return mul(asFloat(x), 0);
  return where(greaterEqual(draw(), rate), mul(asFloat(x), 1 / (1 - rate)), 0);
}

/** The input's own sizes where the config leaves them free. */
export function noiseShape({ noise_shape }: DropoutConfig, shape: readonly number[], className: string): number[] {
  if (!noise_shape) return [...shape];
  if (noise_shape.length !== shape.length) {
    throw new SurgeryError('shape-mismatch', `${className}'s noise_shape has another number of axes than its input.`, {
      expected: `${shape.length} axes`,
      received: `${noise_shape.length} axes`,
    });
  }
  return shape.map((size, axis) => noise_shape[axis] ?? size);
}
