import { z } from 'zod';
import type { Json } from '../model/json';
import { div, mul } from '../ops/binary';
import { matmul } from '../ops/matmul';
import { tanh } from '../ops/unary';
import { readConfig } from './config';
import { embeddingConfig, rowsOf, zeroMask } from './embedding';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';
import { variable } from './variable';

const schema = embeddingConfig.extend({
  tie_weights: z.boolean().default(true),
  logit_soft_cap: z.number().positive().nullish().transform((cap) => cap ?? null),
});

type ReversibleConfig = z.output<typeof schema>;

/** An Embedding that, called with `reverse`, projects vectors back onto its rows: by the table itself, or by a kernel of its own. */
export const reversibleEmbeddingLayer: LayerDefinition<ReversibleConfig> = {
  className: 'ReversibleEmbedding',
  parse: (config, place) => readConfig(schema, config, place),
  argumentNames: ['reverse'],
  weights: (config) => [
    variable('embeddings', [config.input_dim, config.output_dim], 'uniform', config),
    ...(config.tie_weights ? [] : [{ name: 'reverse_embeddings', shape: [config.output_dim, config.input_dim], initializer: config.embeddings_initializer ?? 'uniform', trainable: true }]),
  ],
  outputShapes: (config, inputs, settings) => {
    const input = only(inputs, 'ReversibleEmbedding');
    return [reverses(settings) ? [...input.slice(0, -1), config.input_dim] : [...input, config.output_dim]];
  },
  outputDTypes: (_config, inputs) => inputs.map(() => 'float32' as const),
  call: ({ config, weights: { embeddings, reverse_embeddings: kernel }, settings }, inputs) => {
    const input = only(inputs, 'ReversibleEmbedding');
    if (!embeddings) throw new Error('a ReversibleEmbedding was given no table');
    if (!reverses(settings)) return [rowsOf(embeddings, input, config.input_dim)];
    const x = asFloat(input);
    const logits = kernel ? matmul(x, kernel) : matmul(x, embeddings, { transposeB: true });
    const cap = config.logit_soft_cap;
    return [cap === null ? logits : mul(tanh(div(logits, cap)), cap)];
  },
  outputMasks: ({ config, settings }, inputs) => (reverses(settings) ? [] : [zeroMask(config, only(inputs, 'ReversibleEmbedding'))]),
  makesMask: ({ mask_zero: masks }) => masks,
};

function reverses(settings: Readonly<Record<string, Json>> | undefined): boolean {
  return settings?.['reverse'] === true;
}
