import { z } from 'zod';
import { SurgeryError } from '../errors';
import { slice } from '../ops/slice';
import { dataFormat, readConfig } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { only, requireRank, showKerasShape } from './shapes';
import { onAllAxes, sides, type Sides } from './sides';

// Cropping2D's own default crops nothing; the other two take one element from each end.
const schemaOf = (rank: number) =>
  z.object({ cropping: sides(rank).default(new Array<[number, number]>(rank).fill(rank === 2 ? [0, 0] : [1, 1])), data_format: dataFormat });

type CroppingConfig = z.output<ReturnType<typeof schemaOf>>;

/** Cuts off the ends of each of `rank` spatial axes. */
export function cropping(className: string, rank: number): LayerDefinition<CroppingConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      return [croppedShape(input, onAllAxes(config.cropping, config.data_format), className)];
    },
    call: ({ config }, inputs) => {
      const x = only(inputs, className);
      requireRank(x.shape, rank + 2, className);
      const around = onAllAxes(config.cropping, config.data_format);
      return [around.reduce((y, [before, after], axis) => (before + after === 0 ? y : slice(y, axis, before, (y.shape[axis] ?? 0) - after)), x)];
    },
  };
}

function croppedShape(input: KerasShape, around: Sides, className: string): KerasShape {
  const cropped = input.map((length, axis) => (length === null ? null : length - (around[axis]?.[0] ?? 0) - (around[axis]?.[1] ?? 0)));
  if (cropped.every((length, axis) => length === null || length > 0 || input[axis] === 0)) return cropped;
  throw new SurgeryError('shape-mismatch', `${className} crops more than there is.`, { expected: `less than ${showKerasShape(input)}`, received: JSON.stringify(around) });
}
