import type { z } from 'zod';
import { add, mul } from '../ops/binary';
import { concat } from '../ops/concat';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { multiplyDims } from '../ops/shape';
import { split } from '../ops/split';
import { transpose } from '../ops/transpose';
import { convAttributes, slidingWindow } from './convolution';
import { dataFormat, padding, positive, sizes } from './config';
import { lstmStep } from './lstmCell';
import { cellConfig, type CellConfig, type CellContext, cellWeights, dropoutMask, dropsGates, forgetBias, parseCell, type RecurrentCell, weightOf } from './recurrentCell';
import { knownSize, requireRank } from './shapes';
import { windowShape } from './windows';

function schemaOf(rank: number) {
  return cellConfig.extend({
    filters: positive,
    kernel_size: sizes(rank),
    strides: sizes(rank).default(new Array<number>(rank).fill(1)),
    padding: padding.default('valid'),
    data_format: dataFormat,
    dilation_rate: sizes(rank).default(new Array<number>(rank).fill(1)),
  });
}

type ConvLstmConfig = CellConfig<z.output<ReturnType<typeof schemaOf>>>;

/** An LSTM whose products are convolutions: of the input as configured, of the state `same` with stride 1 (Shi et al. 2015). */
function convLstmCell(rank: number): RecurrentCell<ConvLstmConfig> {
  const className = `ConvLSTM${rank}D`;
  const schema = schemaOf(rank);
  return {
    className: `${className}Cell`,
    parse: (config, where) => parseCell(schema, config, where),
    weights: (config, input) => {
      requireRank(input, rank + 2, `a step of ${className}`);
      const channels = knownSize(input, config.data_format === 'channels_first' ? 1 : -1, className);
      const { kernel_size: window, filters } = config;
      return cellWeights(config, {
        kernel: [...window, channels, 4 * filters],
        recurrent: [...window, filters, 4 * filters],
        bias: [4 * filters],
        biasInitializer: forgetBias(config),
      });
    },
    stateShapes: (config, input) => {
      requireRank(input, rank + 2, `a step of ${className}`);
      const shape = windowShape(slidingWindow(config), input, config.data_format, config.filters);
      return [shape, shape];
    },
    prepare: (context, sequence) => {
      const { config } = context;
      const first = config.data_format === 'channels_first';
      const seen = first ? channelsLast(sequence) : sequence;
      const projected = project(context, seen);
      const state = projected.shape.slice(1, -1);
      const masks = dropsGates(context.training, config.recurrent_dropout)
        ? Array.from({ length: 4 }, () => stateMask(context, [...state, config.filters], first))
        : [];
      return {
        entries: [projected],
        consts: [weightOf(context, 'recurrent_kernel'), ...masks],
        step: ([x], [h, c], [kernel, ...dropped]) => {
          const [inner, carried] = first ? [h, c].map(lastOfEntry) : [h, c];
          const next = lstmStep(add(x, recurrentProduct(config, inner, { kernel, masks: dropped })), carried, config);
          return first ? next.map(firstOfEntry) : next;
        },
      };
    },
    drops: ({ dropout, recurrent_dropout: recurrent }) => dropout > 0 || recurrent > 0,
  };
}

/** The convolutions of all steps, [steps, batch, ...places, 4 filters]: one, or where the input is dropped, one for each gate. */
function project(context: CellContext<ConvLstmConfig>, sequence: Value): Value {
  const { config, training, weights: { bias } } = context;
  const kernel = weightOf(context, 'kernel');
  const gates = new Array<number>(4).fill(config.filters);
  const product = dropsGates(training, config.dropout)
    ? concat(split(kernel, gates, kernel.shape.length - 1).map((part) => overSteps(mul(sequence, dropoutOfInput(context, sequence)), part, config)), sequence.shape.length - 1)
    : overSteps(sequence, kernel, config);
  return bias ? add(product, bias) : product;
}

function dropoutOfInput(context: CellContext<ConvLstmConfig>, sequence: Value): Value {
  return stateMask(context, sequence.shape.slice(1), context.config.data_format === 'channels_first', context.config.dropout);
}

/** Drawn in the shape that Keras draws it in. */
function stateMask(context: CellContext<ConvLstmConfig>, ...[shape, first, rate = context.config.recurrent_dropout]: [shape: readonly number[], first: boolean, rate?: number]): Value {
  if (!first) return dropoutMask(context, rate, shape);
  return lastOfEntry(dropoutMask(context, rate, [shape[0], shape[shape.length - 1], ...shape.slice(1, -1)]));
}

/** Steps are more batch to a convolution. */
function overSteps(sequence: Value, kernel: Value, config: ConvLstmConfig): Value {
  const [steps, batch, ...sample] = sequence.shape;
  const images = reshape(sequence, [multiplyDims(steps, batch), ...sample]);
  const seen = conv(images, kernel, convAttributes({ ...config, groups: 1 }, images));
  return reshape(seen, [steps, batch, ...seen.shape.slice(1)]);
}

function recurrentProduct(config: ConvLstmConfig, h: Value, { kernel, masks }: { kernel: Value; masks: readonly Value[] }): Value {
  const ones = config.kernel_size.map(() => 1);
  const attributes = convAttributes({ kernel_size: config.kernel_size, strides: ones, dilation_rate: ones, padding: 'same', groups: 1 }, h);
  if (masks.length === 0) return conv(h, kernel, attributes);
  const last = kernel.shape.length - 1;
  const parts = split(kernel, masks.map(() => config.filters), last);
  return concat(parts.map((part, gate) => conv(mul(h, masks[gate]), part, attributes)), last);
}

/** [steps, batch, channels, ...spatial] to channels last. */
function channelsLast(sequence: Value): Value {
  const axes = sequence.shape.map((_, axis) => axis);
  return transpose(sequence, [0, 1, ...axes.slice(3), 2]);
}

function lastOfEntry(x: Value): Value {
  return transpose(x, [0, ...x.shape.map((_, axis) => axis).slice(2), 1]);
}

function firstOfEntry(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [0, axes.length - 1, ...axes.slice(1, -1)]);
}

export const convLstmCells = [1, 2, 3].map(convLstmCell);
