import { floatTensor } from '../../model/tensor';
import { conv, convInputGrad } from '../../ops/conv';
import type { Value } from '../../ops/graph';
import type { Padding } from '../../ops/padding';
import { reshape } from '../../ops/reshape';
import { showShape } from '../../ops/shape';
import { transpose } from '../../ops/transpose';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly Padding[];
}

function pairOf(call: OperationCall, name: string, missing: number): readonly [number, number] {
  const [first = missing, second = first] = call.integers(name) ?? [missing];
  return [first, second];
}

function windowsOf(call: OperationCall): Windows {
  return {
    kernel: pairOf(call, 'kernel_size', 1), strides: pairOf(call, 'stride', 1), dilation: pairOf(call, 'dilation', 1),
    padding: pairOf(call, 'padding', 0).map((size): Padding => [size, size]),
  };
}

/** Takes each place of a window as a channel, ordered by channel, then row, then column. */
function windowKernel(call: OperationCall, [rows, columns]: readonly [number, number], channels: number): Value {
  const count = rows * columns * channels;
  const data = new Float32Array(rows * columns * channels * count);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let channel = 0; channel < channels; channel++) data[((row * columns + column) * channels + channel) * count + (channel * rows + row) * columns + column] = 1;
    }
  }
  return call.graph.constant(floatTensor([rows, columns, channels, count], data));
}

/** Windows of [batch, channels, height, width] as columns: [batch, channels x window, places]. */
function unfold(call: OperationCall): Value {
  const x = call.float('x');
  if (x.shape.length !== 4) throw call.refuse(`a tensor of ${x.shape.length} axes`, showShape(x.shape));
  const { kernel, ...windows } = windowsOf(call);
  const [batch = 1, channels = 1] = x.shape;
  const found = conv(transpose(x, [0, 2, 3, 1]), windowKernel(call, kernel, channels), { ...windows, groups: 1 });
  const [, rows = 1, columns = 1, count = 1] = found.shape;
  return reshape(transpose(found, [0, 3, 1, 2]), [batch, count, rows * columns]);
}

/** The way back: what lies on one another is added. */
function fold(call: OperationCall): Value {
  const x = call.float('x');
  const { kernel, ...windows } = windowsOf(call);
  const size = pairOf(call, 'output_size', 1);
  const [batch = 1, count = 1, places = 1] = x.shape;
  const channels = count / (kernel[0] * kernel[1]);
  const [rows = 1, columns = 1] = size.map((length, axis) => Math.floor((length + 2 * windows.padding[axis][0] - windows.dilation[axis] * (kernel[axis] - 1) - 1) / windows.strides[axis]) + 1);
  if (x.shape.length !== 3 || !Number.isInteger(channels) || rows * columns !== places) throw call.refuse('columns that do not fit the image', showShape(x.shape));
  const laid = transpose(reshape(x, [batch, count, rows, columns]), [0, 2, 3, 1]);
  const image = convInputGrad(laid, windowKernel(call, kernel, channels), { ...windows, groups: 1, inputShape: [batch, ...size, channels] });
  return transpose(image, [0, 3, 1, 2]);
}

export const foldingOperations: readonly KerasOperation[] = [
  { className: 'Unfold', parameters: ['x'], apply: unfold },
  { className: 'Fold', parameters: ['x'], apply: fold },
];
