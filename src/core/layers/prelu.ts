import { z } from 'zod';
import { mul, sub } from '../ops/binary';
import { neg, relu } from '../ops/unary';
import { readConfig, variableSettings } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, knownSize, only } from './shapes';
import { variable } from './variable';

const axis = z.int().positive();

const schema = z.object({
  shared_axes: z.union([axis.transform((one) => [one]), z.array(axis)]).nullish().transform((axes) => axes ?? []),
  ...variableSettings('alpha'),
});

type PReluConfig = z.output<typeof schema>;

/** relu(x) - alpha relu(-x), with an alpha for each place of a sample but along the shared axes. */
export const preluLayer: LayerDefinition<PReluConfig> = {
  className: 'PReLU',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: (config, inputs) => {
    const input = only(inputs, 'PReLU');
    const shape = input.slice(1).map((_, index) => (config.shared_axes.includes(index + 1) ? 1 : knownSize(input, index + 1, 'PReLU')));
    return [variable('alpha', shape, 'zeros', config)];
  },
  outputShapes: (_config, inputs) => [only(inputs, 'PReLU')],
  call: ({ weights }, inputs) => {
    const x = asFloat(only(inputs, 'PReLU'));
    const { alpha } = weights;
    if (!alpha) throw new Error('a PReLU was given no alpha');
    return [sub(relu(x), mul(relu(neg(x)), alpha))];
  },
};
