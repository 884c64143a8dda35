import { z } from 'zod';
import { SurgeryError } from '../errors';
import { reshape } from '../ops/reshape';
import { readConfig } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { only, productOf, showKerasShape, toKerasShape } from './shapes';

const schema = z.object({
  target_shape: z
    .array(z.union([z.int().nonnegative(), z.literal(-1), z.null().transform(() => -1)]))
    .refine((sizes) => sizes.filter((size) => size === -1).length <= 1, 'at most one -1'),
});

type ReshapeConfig = z.output<typeof schema>;

export const reshapeLayer: LayerDefinition<ReshapeConfig> = {
  className: 'Reshape',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ target_shape }, inputs) => {
    const [batch = null, ...sample] = only(inputs, 'Reshape');
    return [[batch, ...resolved(target_shape, sample)]];
  },
  call: ({ config }, inputs) => {
    const x = only(inputs, 'Reshape');
    const sizes = resolved(config.target_shape, toKerasShape(x.shape.slice(1)));
    return [reshape(x, [...x.shape.slice(0, 1), ...sizes.map((size) => size ?? 1)])];
  },
};

/** Fills in the size written as -1. */
function resolved(target: readonly number[], sample: KerasShape): KerasShape {
  const size = productOf(sample);
  const known = target.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const free = target.includes(-1);
  if (size === null) return target.map((dim) => (dim === -1 ? null : dim));
  if (free ? known === 0 || size % known !== 0 : size !== known) {
    throw new SurgeryError('shape-mismatch', 'Reshape cannot give its target shape: the number of elements differs.', {
      expected: `${size} elements, as the input ${showKerasShape(sample)} has`,
      received: showKerasShape(target),
    });
  }
  return target.map((dim) => (dim === -1 ? size / known : dim));
}
