import { softmaxOver } from '../activationFunctions';
import { parseActivation } from '../activations';
import { logSoftmax } from '../../ops/softmax';
import { reshape } from '../../ops/reshape';
import { sizeOfShape } from '../../ops/shape';
import type { Value } from '../../ops/graph';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Classes of keras.ops.nn that are a function of keras.activations, and its parameters. */
const functions: Readonly<Record<string, readonly [name: string, ...parameters: string[]]>> = {
  Relu: ['relu'], Relu6: ['relu6'], Sigmoid: ['sigmoid'], SparseSigmoid: ['sparse_sigmoid'], Softplus: ['softplus'], Softsign: ['softsign'],
  SoftShrink: ['soft_shrink', 'threshold'], SparsePlus: ['sparse_plus'], Silu: ['silu'], Squareplus: ['squareplus', 'b'], LogSigmoid: ['log_sigmoid'],
  LeakyRelu: ['leaky_relu', 'negative_slope'], HardSigmoid: ['hard_sigmoid'], HardSilu: ['hard_silu'], Elu: ['elu', 'alpha'], Selu: ['selu'],
  Gelu: ['gelu', 'approximate'], Celu: ['celu', 'alpha'], Glu: ['glu', 'axis'], TanhShrink: ['tanh_shrink'], HardTanh: ['hard_tanh'],
  HardShrink: ['hard_shrink', 'threshold'], Threshold: ['threshold', 'threshold', 'default_value'], Sparsemax: ['sparsemax', 'axis'],
};

function activation(className: string, [name, ...parameters]: readonly [string, ...string[]]): KerasOperation {
  return {
    className,
    parameters: ['x'],
    apply: (call) => {
      const config = Object.fromEntries(parameters.flatMap((key) => (call.has(key) ? [[key, call.plain(key) ?? null] as const] : [])));
      return parseActivation({ class_name: name, config }, className).apply(call.float('x'));
    },
  };
}

/** Over one axis, several, or all. */
function softmax(call: OperationCall, over: (x: Value, axes: readonly number[]) => Value): Value {
  const x = call.float('x');
  const axes = call.integers('axis');
  if (axes) return over(x, axes);
  return reshape(over(reshape(x, [sizeOfShape(x.shape)]), [0]), x.shape);
}

function logSoftmaxOver(call: OperationCall): Value {
  return softmax(call, (x, [axis = -1, ...more]) => {
    if (more.length > 0) throw call.refuse('several axes', JSON.stringify([axis, ...more]));
    return logSoftmax(x, axis);
  });
}

export const activationOperations: readonly KerasOperation[] = [
  ...Object.entries(functions).map(([className, entry]) => activation(className, entry)),
  { className: 'Softmax', parameters: ['x'], apply: (call) => softmax(call, softmaxOver) },
  { className: 'LogSoftmax', parameters: ['x'], apply: logSoftmaxOver },
];
