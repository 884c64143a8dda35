import { z } from 'zod';
import { SurgeryError } from '../errors';
import { broadcastTo } from '../ops/broadcastTo';
import { cast } from '../ops/cast';
import { concat } from '../ops/concat';
import type { Value } from '../ops/graph';
import { max } from '../ops/reduce';
import { normalizeAxis } from '../ops/shape';
import { readConfig } from './config';
import type { KerasShape, LayerDefinition, Mask } from './layer';
import { besideFeatures, flags } from './masks';
import { asFloat, showKerasShape } from './shapes';

const schema = z.object({ axis: z.int().default(-1) });

type ConcatenateConfig = z.output<typeof schema>;

export const concatenateLayer: LayerDefinition<ConcatenateConfig> = {
  className: 'Concatenate',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ axis }, inputs) => [joinedShape(inputs, axis)],
  call: ({ config }, inputs) => {
    const sameType = inputs.every(({ dtype }) => dtype === inputs[0]?.dtype);
    return [concat(sameType ? inputs : inputs.map(asFloat), normalizeAxis(config.axis, inputs[0]?.shape.length ?? 0))];
  },
  outputMasks: ({ config, masks }, inputs) => [joinedMask(inputs, masks, normalizeAxis(config.axis, inputs[0]?.shape.length ?? 0))],
};

/** Masks are joined as their inputs are, each spread over its features; an input without one counts everywhere. */
function joinedMask(inputs: readonly Value[], masks: readonly Mask[], axis: number): Mask {
  if (masks.every((mask) => mask === undefined)) return undefined;
  const spread = inputs.map((input, index) => {
    const mask = masks[index];
    if (!mask) return broadcastTo(input.graph.scalar(1), input.shape);
    return flags(mask.shape.length < input.shape.length ? besideFeatures(mask) : mask, input.shape);
  });
  const joined = concat(spread, axis);
  return cast(max(joined, [joined.shape.length - 1]), 'bool');
}

function joinedShape(inputs: readonly KerasShape[], axis: number): KerasShape {
  const first = inputs.at(0);
  if (!first || inputs.some(({ length }) => length !== first.length)) throw cannotJoin(inputs);
  const place = normalizeAxis(axis, first.length);
  return first.map((_, index) => {
    const sizes = inputs.map((shape) => shape[index] ?? null);
    return index === place ? total(sizes) : common(sizes, inputs);
  });
}

function total(sizes: KerasShape): number | null {
  return sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
}

function common(sizes: KerasShape, inputs: readonly KerasShape[]): number | null {
  const known = new Set(sizes.filter((size) => size !== null));
  if (known.size > 1) throw cannotJoin(inputs);
  return sizes[0] ?? null;
}

function cannotJoin(inputs: readonly KerasShape[]): SurgeryError {
  return new SurgeryError('shape-mismatch', 'Concatenate needs inputs that agree on all axes but one.', {
    expected: 'equal sizes outside the axis of concatenation',
    received: inputs.map(showKerasShape).join(' and '),
  });
}
