import { z } from 'zod';
import { div } from '../ops/binary';
import { equal } from '../ops/compare';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { max } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { sizeOfShape } from '../ops/shape';
import { abs } from '../ops/unary';
import { where } from '../ops/where';
import { positive, readConfig, unsupported } from './config';
import { callInner, type Inner, innerContext, innerWeights, type Unwrap } from './inner';
import { objectConfig } from './innerObject';
import type { CallContext, LayerDefinition } from './layer';
import { unitLength } from './moments';

const schema = z.object({ layer: objectConfig, power_iterations: positive.default(1) });

interface SpectralConfig {
  readonly inner: Inner;
  readonly iterations: number;
}

const LAYER = { prefix: '', group: 'layer' };

/** What Keras looks for in the layer inside: the one or the other is normalized. */
const kernels = ['kernel', 'embeddings'];

/** `keras.config.epsilon()` */
const EPSILON = 1e-7;

/**
 * A layer whose kernel is divided, before each step of training, by what power iterations find of its largest singular value
 * (Miyato et al. 2018). As in Keras the kernel itself changes, and takes the gradient as it is after that.
 */
export function spectralNormalization(unwrap: Unwrap): LayerDefinition<SpectralConfig> {
  return {
    className: 'SpectralNormalization',
    limits: 'around a layer that has a kernel, or embeddings, of its own: Keras takes no other',
    parse: (config, place) => {
      const { layer, power_iterations: iterations } = readConfig(schema, config, place);
      return { inner: unwrap(layer, `${place}.layer`), iterations };
    },
    weights: ({ inner }, inputs) => {
      const specs = innerWeights(inner.weights(inputs), LAYER);
      const kernel = specs.find(({ name, group }) => kernels.includes(name) && group === LAYER.group);
      if (!kernel) throw unsupported('layer', inner.className, 'SpectralNormalization');
      const vector = { name: 'vector_u', shape: [1, kernel.shape.at(-1) ?? 1], initializer: { class_name: 'TruncatedNormal', config: { stddev: 0.02 } }, trainable: false };
      return [{ ...kernel, inOwnGroup: true as const }, vector, ...specs.filter((spec) => spec !== kernel)];
    },
    outputShapes: ({ inner }, inputs) => inner.outputShapes(inputs),
    call: (context, inputs) => {
      const { config: { inner }, weights } = context;
      const name = kernels.find((one) => weights[one] !== undefined) ?? 'kernel';
      const own = context.training && context.trainable ? { ...weights, [name]: normalizedKernel(context, name) } : weights;
      return callInner(inner, innerContext({ ...context, weights: own }, LAYER.prefix, []), inputs);
    },
    trainingDiffers: ({ inner }, trainable) => (trainable ? 'its kernel is normalized in training' : inner.trainingDiffers(trainable)),
    addsLoss: ({ inner }) => inner.activityRegularizer !== null,
  };
}

/** kernel / sigma, sigma = v W u^T with the kernel as a matrix W of its filters; a kernel of zeros stays. */
function normalizedKernel({ config, weights, update }: CallContext<SpectralConfig>, name: string): Value {
  const { [name]: kernel, vector_u: vector } = weights;
  if (!kernel || !vector) throw new Error('a SpectralNormalization was given no kernel');
  const matrix = reshape(kernel, [sizeOfShape(kernel.shape.slice(0, -1)), kernel.shape.at(-1) ?? 1]);
  const unit = (row: Value): Value => unitLength(row, [0, 1], EPSILON);
  let [u, v] = [vector, vector];
  for (let step = 0; step < config.iterations; step++) {
    v = unit(matmul(u, matrix, { transposeB: true }));
    u = unit(matmul(v, matrix));
  }
  const sigma = reshape(matmul(matmul(v, matrix), u, { transposeB: true }), []);
  const empty = equal(max(abs(matrix)), 0);
  const normalized = div(kernel, where(empty, 1, sigma));
  update('vector_u', where(empty, vector, u));
  update(name, normalized);
  return normalized;
}
