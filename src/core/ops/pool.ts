import { SurgeryError } from '../errors';
import type { OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import { convOutputSize, type Padding } from './padding';
import { avgPoolGradReference, avgPoolReference, maxPoolGradReference, maxPoolReference } from './poolReference';
import type { OpName } from './registry';
import { resolveShape, sameShape, type Shape, showShape } from './shape';
import { expectDType, expectWhole, refusal, showTypes } from './typeRules';

/** One entry per spatial axis, one to three of them. Padding is smaller than the window, so that none is all padding. */
export interface PoolAttributes {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly Padding[];
}

export interface AvgPoolGradAttributes extends PoolAttributes {
  /** Shape of the forward input, which is the shape of the result; may hold batch multiples. */
  readonly inputShape: Shape;
}

/** [batch, ...places, channels] of x [batch, ...spatial, channels]. */
function pooledShape(op: OpName, x: Shape, { size, strides, padding }: PoolAttributes): Shape {
  expectWhole(op, 'size and strides', [...size, ...strides], 1);
  expectWhole(op, 'padding', padding.flat(), 0);
  const spatial = x.length - 2;
  const fits = spatial >= 1 && spatial <= 3 && [size, strides, padding].every(({ length }) => length === spatial);
  if (!fits) throw refusal(op, 'size, strides and padding for each of one to three spatial axes', `input ${showShape(x)}, ${size.length} sizes, ${strides.length} strides, ${padding.length} paddings`);
  const narrow = padding.every(([before, after], i) => before < size[i] && after < size[i]);
  if (!narrow || x.slice(1).some((dim) => dim < 1)) {
    throw refusal(op, 'fixed spatial sizes and padding smaller than the window', `input ${showShape(x)}, padding ${JSON.stringify(padding)}`);
  }
  const places = size.map((window, i) => convOutputSize(x[i + 1], window, strides[i], 1, padding[i]));
  if (places.some((count) => count < 1)) throw refusal(op, 'a window that fits into the padded input', `input ${showShape(x)}, window ${showShape(size)}`);
  return [x[0], ...places, x[x.length - 1]];
}

function inferPool(op: OpName, inputs: readonly TensorType[], attributes: PoolAttributes): TensorType {
  expectDType(op, inputs, 'float32');
  return { shape: pooledShape(op, inputs[0].shape, attributes), dtype: 'float32' };
}

interface PoolOps {
  readonly maxPool: OpDefinition<PoolAttributes>;
  readonly maxPoolGrad: OpDefinition<PoolAttributes>;
  readonly avgPool: OpDefinition<PoolAttributes>;
  readonly avgPoolGrad: OpDefinition<AvgPoolGradAttributes>;
}

export const poolOps: PoolOps = {
  maxPool: {
    name: 'maxPool',
    infer: (inputs, attributes) => [inferPool('maxPool', inputs, attributes)],
    gradient: ({ inputs: [x], outputs: [y], attributes }, [dy], [wanted]) => [
      dy && wanted ? maxPoolGrad(x, y, dy, attributes) : undefined,
    ],
    reference: ([x], attributes) => [maxPoolReference(x, attributes, pooledShape('maxPool', x.shape, attributes))],
  },
  maxPoolGrad: {
    name: 'maxPoolGrad',
    infer(inputs, attributes) {
      expectDType('maxPoolGrad', inputs, 'float32');
      const [x, y, dy] = inputs;
      const pooled = pooledShape('maxPoolGrad', x.shape, attributes);
      const fits = sameShape(y.shape, pooled) && sameShape(dy.shape, pooled);
      if (!fits) throw refusal('maxPoolGrad', `output and gradient of shape ${showShape(pooled)}`, showTypes([y, dy]));
      return [{ shape: x.shape, dtype: 'float32' }];
    },
    gradient() {
      throw new SurgeryError('unsupported', 'A gradient of the gradient of max pooling is not supported.', { where: 'maxPoolGrad' });
    },
    reference: ([x, , dy], attributes) => [maxPoolGradReference(x, dy, attributes)],
  },
  avgPool: {
    name: 'avgPool',
    infer: (inputs, attributes) => [inferPool('avgPool', inputs, attributes)],
    gradient: ({ inputs: [x], attributes }, [dy], [wanted]) => [
      dy && wanted ? avgPoolGrad(dy, { ...attributes, inputShape: x.shape }) : undefined,
    ],
    reference: ([x], attributes) => [avgPoolReference(x, attributes, pooledShape('avgPool', x.shape, attributes))],
  },
  avgPoolGrad: {
    name: 'avgPoolGrad',
    infer(inputs, attributes) {
      expectDType('avgPoolGrad', inputs, 'float32');
      const pooled = pooledShape('avgPoolGrad', attributes.inputShape, attributes);
      if (!sameShape(inputs[0].shape, pooled)) throw refusal('avgPoolGrad', `a gradient of shape ${showShape(pooled)}`, showTypes(inputs));
      return [{ shape: attributes.inputShape, dtype: 'float32' }];
    },
    gradient({ attributes: { size, strides, padding } }, [upstream], [wanted]) {
      return [upstream && wanted ? avgPool(upstream, { size, strides, padding }) : undefined];
    },
    reference: ([dy], attributes, batch) => [avgPoolGradReference(dy, attributes, resolveShape(attributes.inputShape, batch))],
  },
};

/** The largest of each window, x [batch, ...spatial, channels]; padding never wins. */
export function maxPool(x: Value, attributes: PoolAttributes): Value {
  return x.graph.add(poolOps.maxPool, [x], attributes)[0];
}

/** d(loss)/dx of `y = maxPool(x)`: the first maximum of a window, in row-major order, takes all of its dy. */
export function maxPoolGrad(x: Value, y: Value, dy: Value, attributes: PoolAttributes): Value {
  return x.graph.add(poolOps.maxPoolGrad, [x, y, dy], attributes)[0];
}

/** The mean of each window over what lies inside the tensor: padding is not counted, as in Keras. */
export function avgPool(x: Value, attributes: PoolAttributes): Value {
  return x.graph.add(poolOps.avgPool, [x], attributes)[0];
}

/** d(loss)/dx of `avgPool`. */
export function avgPoolGrad(dy: Value, attributes: AvgPoolGradAttributes): Value {
  return dy.graph.add(poolOps.avgPoolGrad, [dy], attributes)[0];
}
