import { mul } from '../ops/binary';
import { dotAttention, featuresOf, pairs, summed } from './dotAttention';

/** Bahdanau's attention: scores are sums of scale tanh(query + key). */
export const additiveAttentionLayer = dotAttention({
  className: 'AdditiveAttention',
  weights: ({ use_scale: scaled = true }, query) => (scaled ? [{ name: 'scale', shape: [featuresOf(query)], initializer: 'glorot_uniform', trainable: true }] : []),
  scores: ({ weights: { scale } }, query, key) => summed(scale ? mul(pairs(query, key), scale) : pairs(query, key)),
});
