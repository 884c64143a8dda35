import { convReference, filterGradReference, inputGradReference } from './convReference';
import type { OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import { convOutputSize, type Padding } from './padding';
import type { OpName } from './registry';
import { resolveShape, sameShape, type Shape, showShape } from './shape';
import { expectDType, expectWhole, refusal, showType } from './typeRules';

/** One entry per spatial axis, one to three of them. Kernel [...window, channels / groups, filters]. */
export interface ConvAttributes {
  readonly strides: readonly number[];
  readonly padding: readonly Padding[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

export interface ConvInputGradAttributes extends ConvAttributes {
  /** Shape of the forward input, which is the shape of the result; may hold batch multiples. */
  readonly inputShape: Shape;
}

export interface ConvFilterGradAttributes extends ConvAttributes {
  /** Shape of the kernel, which is the shape of the result. */
  readonly kernelShape: Shape;
}

function expectAttributes(op: OpName, rank: number, { strides, padding, dilation, groups }: ConvAttributes): void {
  expectWhole(op, 'strides, dilation and groups', [...strides, ...dilation, groups], 1);
  expectWhole(op, 'padding', padding.flat(), 0);
  const spatial = rank - 2;
  const fits = spatial >= 1 && spatial <= 3 && [strides, padding, dilation].every(({ length }) => length === spatial);
  if (!fits) throw refusal(op, 'strides, padding and dilation for each of one to three spatial axes', `${spatial} spatial axes, ${strides.length} strides, ${padding.length} paddings, ${dilation.length} dilations`);
}

/** Shape of the forward output [batch, ...places, filters] of x [batch, ...spatial, channels]. */
function outputShape(op: OpName, x: Shape, kernel: Shape, attributes: ConvAttributes): Shape {
  expectAttributes(op, x.length, attributes);
  const { strides, padding, dilation, groups } = attributes;
  const last = x.length - 1;
  const fits =
    kernel.length === x.length && x.slice(1).every((dim) => dim > 0) && kernel.every((dim) => dim > 0) &&
    kernel[last - 1] * groups === x[last] && kernel[last] % groups === 0;
  if (!fits) {
    throw refusal(op, `a kernel [...window, channels / ${groups}, filters], filters a multiple of ${groups}`, `input ${showShape(x)}, kernel ${showShape(kernel)}`);
  }
  const places = strides.map((stride, i) => convOutputSize(x[i + 1], kernel[i], stride, dilation[i], padding[i]));
  if (places.some((size) => size < 1)) throw refusal(op, 'a window that fits into the padded input', `input ${showShape(x)}, kernel ${showShape(kernel)}`);
  return [x[0], ...places, kernel[last]];
}

function expectOutput(op: OpName, dy: TensorType, expected: Shape): void {
  if (!sameShape(dy.shape, expected)) throw refusal(op, `a gradient of shape ${showShape(expected)}`, showType(dy));
}

function forwardOnly({ strides, padding, dilation, groups }: ConvAttributes): ConvAttributes {
  return { strides, padding, dilation, groups };
}

interface ConvOps {
  readonly conv: OpDefinition<ConvAttributes>;
  readonly convInputGrad: OpDefinition<ConvInputGradAttributes>;
  readonly convFilterGrad: OpDefinition<ConvFilterGradAttributes>;
}

/** The three are the partial derivatives of one trilinear form, so each one's gradients are the other two. */
export const convOps: ConvOps = {
  conv: {
    name: 'conv',
    infer(inputs, attributes) {
      expectDType('conv', inputs, 'float32');
      return [{ shape: outputShape('conv', inputs[0].shape, inputs[1].shape, attributes), dtype: 'float32' }];
    },
    gradient({ inputs: [x, kernel], attributes }, [dy], [wantedX, wantedKernel]) {
      return [
        dy && wantedX ? convInputGrad(dy, kernel, { ...attributes, inputShape: x.shape }) : undefined,
        dy && wantedKernel ? convFilterGrad(x, dy, { ...attributes, kernelShape: kernel.shape }) : undefined,
      ];
    },
    reference: ([x, kernel], attributes) => [
      convReference(x, kernel, attributes, outputShape('conv', x.shape, kernel.shape, attributes)),
    ],
  },
  convInputGrad: {
    name: 'convInputGrad',
    infer(inputs, attributes) {
      expectDType('convInputGrad', inputs, 'float32');
      expectOutput('convInputGrad', inputs[0], outputShape('convInputGrad', attributes.inputShape, inputs[1].shape, attributes));
      return [{ shape: attributes.inputShape, dtype: 'float32' }];
    },
    gradient({ inputs: [dy, kernel], attributes }, [upstream], [wantedDy, wantedKernel]) {
      const forward = forwardOnly(attributes);
      return [
        upstream && wantedDy ? conv(upstream, kernel, forward) : undefined,
        upstream && wantedKernel ? convFilterGrad(upstream, dy, { ...forward, kernelShape: kernel.shape }) : undefined,
      ];
    },
    reference: ([dy, kernel], attributes, batch) => [
      inputGradReference(dy, kernel, attributes, resolveShape(attributes.inputShape, batch)),
    ],
  },
  convFilterGrad: {
    name: 'convFilterGrad',
    infer(inputs, attributes) {
      expectDType('convFilterGrad', inputs, 'float32');
      const [x, dy] = inputs;
      expectOutput('convFilterGrad', dy, outputShape('convFilterGrad', x.shape, attributes.kernelShape, attributes));
      return [{ shape: attributes.kernelShape, dtype: 'float32' }];
    },
    gradient({ inputs: [x, dy], attributes }, [upstream], [wantedX, wantedDy]) {
      const forward = forwardOnly(attributes);
      return [
        upstream && wantedX ? convInputGrad(dy, upstream, { ...forward, inputShape: x.shape }) : undefined,
        upstream && wantedDy ? conv(x, upstream, forward) : undefined,
      ];
    },
    reference: ([x, dy], attributes) => [filterGradReference(x, dy, attributes, [...attributes.kernelShape])],
  },
};

/** x [batch, ...spatial, channels], kernel [...window, channels / groups, filters] -> [batch, ...places, filters]. No flip, as in Keras. */
export function conv(x: Value, kernel: Value, attributes: ConvAttributes): Value {
  return x.graph.add(convOps.conv, [x, kernel], attributes)[0];
}

/** d(loss)/dx of `conv` from dy; also what Keras' Conv2DTranspose computes forward, with its kernel as it is stored. */
export function convInputGrad(dy: Value, kernel: Value, attributes: ConvInputGradAttributes): Value {
  return dy.graph.add(convOps.convInputGrad, [dy, kernel], attributes)[0];
}

/** d(loss)/d(kernel) of `conv` from dy. */
export function convFilterGrad(x: Value, dy: Value, attributes: ConvFilterGradAttributes): Value {
  return x.graph.add(convOps.convFilterGrad, [x, dy], attributes)[0];
}
