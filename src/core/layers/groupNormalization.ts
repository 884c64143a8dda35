import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { normalizeAxis } from '../ops/shape';
import { positive, readConfig, variableSettings } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { alongAxes } from './layerNormalization';
import { standardized } from './moments';
import { asFloat, knownSize, only } from './shapes';
import { variable } from './variable';

const schema = z.object({
  groups: z.union([positive, z.literal(-1)]).default(32),
  axis: z.int().default(-1),
  epsilon: z.number().default(0.001),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
  ...variableSettings('gamma'),
  ...variableSettings('beta'),
});

type GroupNormalizationConfig = z.output<typeof schema>;

/** Each group of channels of each sample by its own mean and variance; -1 makes a group of each channel. */
export const groupNormalizationLayer: LayerDefinition<GroupNormalizationConfig> = {
  className: 'GroupNormalization',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: (config, inputs) => {
    const { channels } = groupsOf(config, only(inputs, 'GroupNormalization'));
    return [
      ...(config.scale ? [variable('gamma', [channels], 'ones', config)] : []),
      ...(config.center ? [variable('beta', [channels], 'zeros', config)] : []),
    ];
  },
  outputShapes: (config, inputs) => {
    const input = only(inputs, 'GroupNormalization');
    groupsOf(config, input);
    return [input];
  },
  call: ({ config, weights }, inputs) => {
    const x = asFloat(only(inputs, 'GroupNormalization'));
    const { gamma, beta } = weights;
    const axis = normalizeAxis(config.axis, x.shape.length);
    const along = (vector: Value): Value => alongAxes(vector, [axis], x.shape.length);
    const normalized = normalizedGroups(config, x, axis);
    const scaled = gamma ? mul(normalized, along(gamma)) : normalized;
    return [beta ? add(scaled, along(beta)) : scaled];
  },
};

function normalizedGroups(config: GroupNormalizationConfig, x: Value, axis: number): Value {
  const { groups, channels } = groupsOf(config, x.shape);
  const split = reshape(x, [...x.shape.slice(0, axis), groups, channels / groups, ...x.shape.slice(axis + 1)]);
  const within = split.shape.map((_, index) => index).filter((index) => index !== 0 && index !== axis);
  return reshape(standardized(split, within, config.epsilon), x.shape);
}

function groupsOf({ groups, axis }: GroupNormalizationConfig, input: KerasShape): { readonly groups: number; readonly channels: number } {
  const channels = knownSize(input, normalizeAxis(axis, input.length), 'GroupNormalization');
  const count = groups === -1 ? channels : groups;
  if (channels % count === 0) return { groups: count, channels };
  throw new SurgeryError('shape-mismatch', 'The groups of a GroupNormalization do not divide its channels.', {
    expected: `a multiple of ${count} channels`,
    received: `${channels} channels`,
  });
}
