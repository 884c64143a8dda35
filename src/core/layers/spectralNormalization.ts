import { z } from 'zod';
import type { JsonObject } from '../model/json';
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
import { conv1DLayer } from './conv1D';
import { conv1DTransposeLayer } from './conv1DTranspose';
import { conv2DLayer } from './conv2D';
import { conv2DTransposeLayer } from './conv2DTranspose';
import { conv3DLayer } from './conv3D';
import { conv3DTransposeLayer } from './conv3DTranspose';
import { denseLayer } from './dense';
import { depthwiseConv1DLayer } from './depthwiseConv1D';
import { depthwiseConv2DLayer } from './depthwiseConv2D';
import type { CallContext, LayerDefinition } from './layer';
import { unitLength } from './moments';

const schema = z.object({
  layer: z.object({ class_name: z.string(), config: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null) }),
  power_iterations: positive.default(1),
});

interface SpectralConfig {
  readonly inner: LayerDefinition<unknown>;
  readonly innerConfig: unknown;
  readonly iterations: number;
}

/** Those of Keras' layers with a kernel that are wrapped here. */
const wrapped: readonly LayerDefinition<unknown>[] = [
  denseLayer, conv1DLayer, conv2DLayer, conv3DLayer, conv1DTransposeLayer, conv2DTransposeLayer, conv3DTransposeLayer, depthwiseConv1DLayer, depthwiseConv2DLayer,
];

/** `keras.config.epsilon()` */
const EPSILON = 1e-7;

/**
 * A layer whose kernel is divided, before each step of training, by what power iterations find of its largest singular value
 * (Miyato et al. 2018). As in Keras the kernel itself changes, and takes the gradient as it is after that.
 */
export const spectralNormalizationLayer: LayerDefinition<SpectralConfig> = {
  className: 'SpectralNormalization',
  limits: `around ${wrapped.map(({ className }) => className).join(', ')}`,
  parse: (config, place) => {
    const { layer, power_iterations } = readConfig(schema, config, place);
    const inner = wrapped.find(({ className }) => className === layer.class_name);
    if (!inner) throw unsupported('layer', layer.class_name, place);
    return { inner, innerConfig: inner.parse(layer.config, `${place}.layer`), iterations: power_iterations };
  },
  weights: ({ inner, innerConfig }, inputs) => {
    const specs = inner.weights(innerConfig, inputs).map((spec) => ({ ...spec, group: 'layer', ...(spec.name === 'kernel' ? { inOwnGroup: true as const } : {}) }));
    const columns = specs.find(({ name }) => name === 'kernel')?.shape.at(-1) ?? 1;
    return [...specs, { name: 'vector_u', shape: [1, columns], initializer: { class_name: 'TruncatedNormal', config: { stddev: 0.02 } }, trainable: false }];
  },
  outputShapes: ({ inner, innerConfig }, inputs) => inner.outputShapes(innerConfig, inputs),
  call: (context, inputs) => {
    const { inner, innerConfig } = context.config;
    const weights = context.training && context.trainable ? { ...context.weights, kernel: normalizedKernel(context) } : context.weights;
    return inner.call({ ...context, config: innerConfig, weights }, inputs);
  },
  trainingDiffers: (_config, trainable) => (trainable ? 'its kernel is normalized in training' : undefined),
};

/** kernel / sigma, sigma = v W u^T with the kernel as a matrix W of its filters; a kernel of zeros stays. */
function normalizedKernel({ config, weights, update }: CallContext<SpectralConfig>): Value {
  const { kernel, vector_u: vector } = weights;
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
  update('kernel', normalized);
  return normalized;
}
