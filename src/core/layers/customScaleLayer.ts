import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add, mul } from '../ops/binary';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat } from './shapes';

const schema = z.object({ scale: z.number() });

type CustomScaleConfig = z.output<typeof schema>;

/** Of keras.applications' InceptionResNetV2: the first input plus `scale` times the second. */
export const customScaleLayer: LayerDefinition<CustomScaleConfig> = {
  className: 'CustomScaleLayer',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (_config, inputs) => [two(inputs)[0]],
  call: ({ config: { scale } }, inputs) => {
    const [x, residual] = two(inputs.map(asFloat));
    return [add(x, mul(residual, scale))];
  },
};

function two<T>(inputs: readonly T[]): readonly [T, T] {
  const [first, second] = inputs;
  if (first !== undefined && second !== undefined && inputs.length === 2) return [first, second];
  throw new SurgeryError('shape-mismatch', 'CustomScaleLayer is called on a list of two inputs.', { expected: '2 inputs', received: `${inputs.length} inputs` });
}
