import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { readConfig } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { showKerasShape } from './shapes';

const schema = z.object({});

type MergeConfig = z.output<typeof schema>;

interface Merge {
  readonly className: string;
  /** Exactly this many inputs; any number from 1 where left out. */
  readonly arity?: number;
  readonly combine: (inputs: readonly Value[]) => Value;
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
    call: (_context, inputs) => {
      checkCount(inputs.length, className, arity);
      const rank = Math.max(...inputs.map(({ shape }) => shape.length));
      return [combine(inputs.map((input) => raiseRank(input, rank)))];
    },
  };
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
