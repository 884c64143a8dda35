import { z } from 'zod';
import { add, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { normalizeAxis } from '../ops/shape';
import { readConfig, variableSettings } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { overDeviation, standardized } from './moments';
import { asFloat, knownSize, only } from './shapes';
import { variable } from './variable';

/** One axis or several. */
export const axesConfig = z.union([z.int().transform((axis) => [axis]), z.array(z.int()).min(1)]);

const schema = z.object({
  axis: axesConfig.default([-1]),
  epsilon: z.number().default(0.001),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
  rms_scaling: z.boolean().default(false),
  ...variableSettings('gamma'),
  ...variableSettings('beta'),
});

type LayerNormalizationConfig = z.output<typeof schema>;

/** Each sample by its own mean and variance along the axes, then gamma and beta for each place on them. */
export const layerNormalizationLayer: LayerDefinition<LayerNormalizationConfig> = {
  className: 'LayerNormalization',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: (config, inputs) => {
    const shape = sizesOn(config.axis, only(inputs, 'LayerNormalization'), 'LayerNormalization');
    const { center, scale, rms_scaling } = config;
    return [
      ...(scale || rms_scaling ? [variable('gamma', shape, 'ones', config)] : []),
      ...(center && !rms_scaling ? [variable('beta', shape, 'zeros', config)] : []),
    ];
  },
  outputShapes: ({ axis }, inputs) => {
    const input = only(inputs, 'LayerNormalization');
    fromFront(axis, input.length);
    return [input];
  },
  call: ({ config, weights }, inputs) => {
    const x = asFloat(only(inputs, 'LayerNormalization'));
    const { gamma, beta } = weights;
    const axes = fromFront(config.axis, x.shape.length);
    const normalized = (config.rms_scaling ? overDeviation : standardized)(x, axes, config.epsilon);
    const scaled = gamma ? mul(normalized, alongAxes(gamma, axes, x.shape.length)) : normalized;
    return [beta ? add(scaled, alongAxes(beta, axes, x.shape.length)) : scaled];
  },
};

/** Ascending, each once. Throws `shape-mismatch` for one that the tensor does not have. */
export function fromFront(axes: readonly number[], rank: number): number[] {
  return [...new Set(axes.map((axis) => normalizeAxis(axis, rank)))].sort((a, b) => a - b);
}

/** The known sizes on the axes, in their order. Throws `shape-mismatch`. */
export function sizesOn(axes: readonly number[], input: KerasShape, className: string): number[] {
  return fromFront(axes, input.length).map((axis) => knownSize(input, axis, className));
}

/** A variable with one axis for each of `axes`, made to broadcast over a tensor of `rank` axes. */
export function alongAxes(value: Value, axes: readonly number[], rank: number): Value {
  const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? (value.shape[axes.indexOf(axis)] ?? 1) : 1));
  return reshape(value, shape.slice(axes[0]));
}
