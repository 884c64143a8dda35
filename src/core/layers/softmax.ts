import type { Value } from '../ops/graph';
import { where } from '../ops/where';
import { softmaxOf, softmaxParameters } from './activations';
import { elementwise } from './elementwise';
import type { Mask } from './layer';
import { asFloat } from './shapes';

/** What Keras puts in the place of a score that does not count. */
export const NOTHING = -1e9;

/** Scores where the mask does not hold count nothing, and give zero: also where none counts. The mask broadcasts to the scores. */
export function maskedSoftmax(scores: Value, mask: Mask, parameters: Parameters<typeof softmaxOf>[1]): Value {
  if (!mask) return softmaxOf(scores, parameters);
  return where(mask, softmaxOf(where(mask, scores, NOTHING), parameters), 0);
}

const plain = elementwise({ className: 'Softmax', schema: softmaxParameters, apply: (x, config) => softmaxOf(asFloat(x), config) });

export const softmaxLayer: typeof plain = {
  ...plain,
  call: ({ config, masks }, [x]) => [maskedSoftmax(asFloat(x), masks[0], config)],
};
