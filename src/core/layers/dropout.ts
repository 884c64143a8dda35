import { z } from 'zod';
import { SurgeryError } from '../errors';
import { mul } from '../ops/binary';
import { greaterEqual } from '../ops/compare';
import { where } from '../ops/where';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const schema = z.object({ rate: z.number().min(0).max(1), noise_shape: z.array(positiveOrFree()).nullish() });

type DropoutConfig = z.output<typeof schema>;

function positiveOrFree(): z.ZodType<number | null> {
  return z.int().positive().nullable();
}

/** In training, an element is kept where a uniform number is not below the rate, and divided by the share that is kept. */
export const dropoutLayer: LayerDefinition<DropoutConfig> = {
  className: 'Dropout',
  parse: (config, where_) => readConfig(schema, config, where_),
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'Dropout')],
  call: ({ config, training, random }, inputs) => {
    const x = only(inputs, 'Dropout');
    if (!training || config.rate === 0) return [x];
    if (config.rate === 1) return [mul(asFloat(x), 0)];
    const keep = greaterEqual(random(noiseShape(config, x.shape)), config.rate);
    return [where(keep, mul(asFloat(x), 1 / (1 - config.rate)), 0)];
  },
  trainingDiffers: ({ rate }) => (rate > 0 ? 'it drops at random in training' : undefined),
};

/** The input's own sizes where the config leaves them free. */
function noiseShape({ noise_shape }: DropoutConfig, shape: readonly number[]): number[] {
  if (!noise_shape) return [...shape];
  if (noise_shape.length !== shape.length) {
    throw new SurgeryError('shape-mismatch', "Dropout's noise_shape has another number of axes than its input.", {
      expected: `${shape.length} axes`,
      received: `${noise_shape.length} axes`,
    });
  }
  return shape.map((size, axis) => noise_shape[axis] ?? size);
}
