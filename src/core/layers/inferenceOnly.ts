import { z } from 'zod';
import { readConfig, unsupported } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';

const schema = z.object({});

/** A random change of images that Keras makes in training only. In inference the images go through; training is refused by name. */
export function inferenceOnly(className: string): LayerDefinition<z.output<typeof schema>> {
  return {
    className,
    trains: false,
    limits: 'it changes images in training only, and training is refused',
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (_config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, 4, className);
      return [input];
    },
    call: ({ training }, inputs) => {
      if (training) throw unsupported('training', className, className);
      return [asFloat(only(inputs, className))];
    },
    trainingDiffers: () => 'it changes images at random in training',
  };
}
