import type { z } from 'zod';
import type { Value } from '../ops/graph';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { only } from './shapes';

interface Elementwise<S extends z.ZodType> {
  readonly className: string;
  readonly schema: S;
  readonly apply: (x: Value, config: z.output<S>) => Value;
}

/** A layer of one input without weights that keeps the shape, and the mask. */
export function elementwise<S extends z.ZodType>({ className, schema, apply }: Elementwise<S>): LayerDefinition<z.output<S>> {
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    passesMask: true,
    weights: () => [],
    outputShapes: (_config, inputs) => [only(inputs, className)],
    call: ({ config }, inputs) => [apply(only(inputs, className), config)],
  };
}
