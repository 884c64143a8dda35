import { z } from 'zod';
import { SurgeryError } from '../errors';
import { broadcastTo } from '../ops/broadcastTo';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { where } from '../ops/where';
import { readConfig } from './config';
import type { KerasShape, LayerDefinition, Mask } from './layer';
import { besideFeatures, either } from './masks';
import { showKerasShape } from './shapes';

const schema = z.object({});

type MergeConfig = z.output<typeof schema>;

interface Merge {
  readonly className: string;
  /** Exactly this many inputs; any number from 1 where left out. */
  readonly arity?: number;
  readonly combine: (inputs: readonly Value[], masks: readonly Mask[]) => Value;
}

/** A layer that combines its inputs element by element; they broadcast, those of lower rank after the batch axis. */
export function merge({ className, arity, combine }: Merge): LayerDefinition<MergeConfig> {
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (_config, inputs) => {
      checkCount(inputs.length, className, arity);
      return [mergedShape(inputs)];
    },
    call: ({ masks }, inputs) => {
      checkCount(inputs.length, className, arity);
      const rank = Math.max(...inputs.map(({ shape }) => shape.length));
      const kept = inputs.map((input, index) => (input.shape.length === rank ? masks[index] : undefined));
      return [combine(inputs.map((input) => raiseRank(input, rank)), kept)];
    },
    outputMasks: ({ masks }) => [anyOf(masks)],
  };
}

/** A step counts where it counts in any input; none has a mask where one input has none. */
function anyOf(masks: readonly Mask[]): Mask {
  return masks.every((mask) => mask !== undefined) && masks.length > 0 ? masks.reduce(either) : undefined;
}

/** Inputs two at a time; where a mask leaves one out, the other stands in its place. */
export function pairwise(combine: (a: Value, b: Value) => Value): Merge['combine'] {
  return (inputs, masks) => {
    const [first, ...others] = inputs.map((value, index): Masked => ({ value, mask: spreadMask(masks[index], value) }));
    return others.reduce(({ value, mask }, next): Masked => {
      const right = next.mask ? where(next.mask, next.value, value) : next.value;
      const left = mask ? where(mask, value, right) : value;
      return { value: combine(left, right), mask: mask && next.mask ? either(mask, next.mask) : undefined };
    }, first).value;
  };
}

interface Masked {
  readonly value: Value;
  readonly mask: Mask;
}

/** A mask of steps as one of all elements. */
export function spreadMask(mask: Mask, value: Value): Mask {
  return mask ? broadcastTo(besideFeatures(mask), value.shape) : undefined;
}

function checkCount(count: number, className: string, arity: number | undefined): void {
  if (arity === undefined ? count > 0 : count === arity) return;
  throw new SurgeryError('shape-mismatch', `${className} is called on a list of inputs.`, {
    expected: `${arity ?? 'at least 1'} inputs`,
    received: `${count} inputs`,
  });
}

function raiseRank(x: Value, rank: number): Value {
  const missing = rank - x.shape.length;
  return missing === 0 ? x : reshape(x, [...x.shape.slice(0, 1), ...new Array<number>(missing).fill(1), ...x.shape.slice(1)]);
}

function mergedShape(inputs: readonly KerasShape[]): KerasShape {
  const batches = new Set(inputs.map((shape) => shape[0] ?? null).filter((size) => size !== null));
  if (batches.size > 1) throw cannotMerge(inputs);
  const [batch = null] = batches;
  const samples = inputs.map((shape): KerasShape => shape.slice(1));
  return [batch, ...samples.reduce((a, b) => broadcast(a, b, inputs))];
}

/** As NumPy, but an axis is free where one of the two is. */
function broadcast(a: KerasShape, b: KerasShape, inputs: readonly KerasShape[]): KerasShape {
  const [long, short] = a.length < b.length ? [b, a] : [a, b];
  const extra = long.length - short.length;
  return long.map((size, axis) => (axis < extra ? size : broadcastSize(size, short[axis - extra], inputs)));
}

function broadcastSize(a: number | null, b: number | null, inputs: readonly KerasShape[]): number | null {
  if (a === null || b === null) return null;
  if (a !== b && a !== 1 && b !== 1) throw cannotMerge(inputs);
  return a === 1 ? b : a;
}

function cannotMerge(inputs: readonly KerasShape[]): SurgeryError {
  return new SurgeryError('shape-mismatch', 'The inputs of a merging layer do not fit together.', {
    expected: 'equal sizes or 1 on each axis',
    received: inputs.map(showKerasShape).join(' and '),
  });
}
