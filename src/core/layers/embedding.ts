import { z } from 'zod';
import type { JsonObject } from '../model/json';
import { add } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { gatherRows } from '../ops/rows';
import { where } from '../ops/where';
import { positive, readConfig, variableSettings } from './config';
import type { InputType, KerasShape, LayerDefinition, Mask } from './layer';
import { not } from './masks';
import { only } from './shapes';
import { variable } from './variable';

export const embeddingConfig = z.object({
  input_dim: positive,
  output_dim: positive,
  mask_zero: z.boolean().default(false),
  ...variableSettings('embeddings'),
});

type EmbeddingConfig = z.output<typeof embeddingConfig>;

/** The row of a table for each whole number; with `mask_zero`, zeros stand for steps that do not count. */
export const embeddingLayer: LayerDefinition<EmbeddingConfig> = {
  className: 'Embedding',
  parse: (config: JsonObject, place) => readConfig(embeddingConfig, config, place),
  weights: (config) => [variable('embeddings', [config.input_dim, config.output_dim], 'uniform', config)],
  outputShapes: ({ output_dim: size }, inputs): readonly KerasShape[] => [[...only(inputs, 'Embedding'), size]],
  outputDTypes: (_config, inputs: readonly InputType[]) => inputs.map(() => 'float32' as const),
  call: ({ config, weights: { embeddings } }, inputs) => {
    if (!embeddings) throw new Error('an Embedding was given no table');
    return [rowsOf(embeddings, only(inputs, 'Embedding'), config.input_dim)];
  },
  outputMasks: ({ config }, inputs) => [zeroMask(config, only(inputs, 'Embedding'))],
  makesMask: ({ mask_zero: masks }) => masks,
};

/** Fractions are cut off; negative numbers count from the last row, as Keras has it. */
export function rowsOf(table: Value, ids: Value, rows: number): Value {
  const whole = cast(ids, 'int32');
  return gatherRows(table, where(greater(0, whole), add(whole, rows), whole));
}

export function zeroMask({ mask_zero: masks }: Pick<EmbeddingConfig, 'mask_zero'>, ids: Value): Mask {
  return masks ? not(equal(ids, 0)) : undefined;
}
