import { z } from 'zod';
import { add, div, maximum, minimum, mul, sub } from '../ops/binary';
import { greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { dataFormat, readConfig, type DataFormat } from './config';
import type { CallContext, Distribution, LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast } from './windows';

export type Range = readonly [low: number, high: number];

/** One number stands for both directions. */
export function rangeWithin(low: number, high: number): z.ZodType<Range> {
  const number = z.number().min(low).max(high);
  return z.union([
    number.transform((size): Range => [Math.max(-Math.abs(size), low), Math.abs(size)]),
    z.tuple([z.number(), z.number()]).transform(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]),
  ]);
}

/** What moves the pixels of an image is told of what lies outside. */
export const samplingConfig = {
  fill_mode: z.enum(['constant', 'nearest', 'reflect', 'wrap']).default('reflect'),
  interpolation: z.enum(['nearest', 'bilinear']).default('bilinear'),
  fill_value: z.number().default(0),
  data_format: dataFormat,
};

interface Augmentation<S extends z.ZodType> {
  readonly className: string;
  readonly schema: S;
  /** Images `[batch, height, width, channels]` in training. `draw` gives numbers between two bounds, [batch, 1] unless told. */
  readonly augment: (images: Value, config: z.output<S>, draw: Draw) => Value;
}

export type Draw = (range: Range, shape?: readonly number[], distribution?: Distribution) => Value;

type WithFormat = z.ZodType<{ readonly data_format: DataFormat }>;

/** A layer that changes each image at random in training and gives it as it is in inference. */
export function augmentation<S extends WithFormat>({ className, schema, augment }: Augmentation<S>): LayerDefinition<z.output<S>> {
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (_config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, 4, className);
      return [input];
    },
    call: ({ config, training, random }, inputs) => {
      const x = asFloat(only(inputs, className));
      requireRank(x.shape, 4, className);
      return [training ? inChannelsLast(x, config.data_format, (images) => augment(images, config, drawing(random, images))) : x];
    },
    trainingDiffers: () => 'it changes images at random in training',
  };
}

export function drawing(random: CallContext<unknown>['random'], images: Value): Draw {
  return ([low, high], shape = [images.shape[0] ?? 1, 1], distribution = 'uniform') => add(mul(random(shape, distribution), high - low), low);
}

/** One number for each image, to be spread over its pixels. */
export function eachImage(images: Value): readonly number[] {
  return [images.shape[0] ?? 1, 1, 1, 1];
}

/** Whether a change is made to each image: with a probability that is itself drawn. */
export function chosenImages(images: Value, factor: Range, draw: Draw): Value {
  const probability = draw(factor, eachImage(images));
  return greater(probability, draw([0, 1], eachImage(images)));
}

/** The ends of the range of values, the lower one first. */
export const valueRange = z.tuple([z.number(), z.number()]).transform(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]).default([0, 255]);

export function clipped(images: Value, [low, high]: Range): Value {
  return minimum(maximum(images, low), high);
}

/** From one range of values to another. */
export function rescaled(images: Value, [from, to]: Range, [low, high]: Range): Value {
  return from === low && to === high ? images : add(mul(div(sub(images, from), to - from), high - low), low);
}
