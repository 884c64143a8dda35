import { mul } from '../ops/binary';
import { matmul } from '../ops/matmul';
import { dotAttention, pairs, summed } from './dotAttention';
import type { WeightSpec } from './layer';

const number = (name: string): WeightSpec => ({ name, shape: [], initializer: 'ones', trainable: true });

/** Luong's attention: scores are products; `concat` sums tanh(query + key). */
export const attentionLayer = dotAttention({
  className: 'Attention',
  weights: ({ use_scale: scaled = false, score_mode: mode }) => [...(scaled ? [number('scale')] : []), ...(mode === 'concat' ? [number('concat_score_weight')] : [])],
  scores: ({ config, weights: { scale, concat_score_weight: weight } }, query, key) => {
    if (config.score_mode === 'concat') {
      if (!weight) throw new Error('an Attention was given no concat_score_weight');
      return mul(summed(pairs(query, key, scale)), weight);
    }
    const products = matmul(query, key, { transposeB: true });
    return scale ? mul(products, scale) : products;
  },
});
