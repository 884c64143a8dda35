import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { reshape } from '../ops/reshape';
import { normalizeAxis, sizeOfShape } from '../ops/shape';
import { transpose } from '../ops/transpose';
import { readConfig } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { unitLength } from './moments';
import { asFloat, showKerasShape } from './shapes';

const schema = z.object({ axes: z.union([z.int(), z.tuple([z.int(), z.int()])]), normalize: z.boolean().default(false) });

type DotConfig = z.output<typeof schema>;

/** Sums the products of two tensors along an axis of each, sample by sample; `normalize` gives cosines. */
export const dotLayer: LayerDefinition<DotConfig> = {
  className: 'Dot',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => {
    const [left, right] = two(inputs);
    const [a, b] = axesOf(config, left, right);
    const rest = [...left.filter((_, axis) => axis !== a), ...right.filter((_, axis) => axis !== b && axis > 0)];
    return [rest.length === 1 ? [...rest, 1] : rest];
  },
  call: ({ config }, inputs) => {
    const [left, right] = two(inputs.map(asFloat));
    const [a, b] = axesOf(config, left.shape, right.shape);
    const [x, y] = config.normalize ? [unitLength(left, [a], NORM_EPSILON), unitLength(right, [b], NORM_EPSILON)] : [left, right];
    const product = matmul(summedLast(x, a), summedLast(y, b), { transposeB: true });
    const rest = [...left.shape.filter((_, axis) => axis !== a), ...right.shape.filter((_, axis) => axis !== b && axis > 0)];
    return [reshape(product, rest.length === 1 ? [...rest, 1] : rest)];
  },
  outputMasks: () => [],
};

/** `keras.config.epsilon()` */
const NORM_EPSILON = 1e-7;

/** `[batch, others, size of the axis]` */
function summedLast(x: Value, axis: number): Value {
  const others = x.shape.map((_, index) => index).filter((index) => index !== 0 && index !== axis);
  const moved = transpose(x, [0, ...others, axis]);
  return reshape(moved, [x.shape[0] ?? 1, sizeOfShape(others.map((index) => x.shape[index] ?? 1)), x.shape[axis] ?? 1]);
}

function two<T>(inputs: readonly T[]): readonly [T, T] {
  const [left, right] = inputs;
  if (left !== undefined && right !== undefined && inputs.length === 2) return [left, right];
  throw new SurgeryError('shape-mismatch', 'Dot is called on a list of two inputs.', { expected: '2 inputs', received: `${inputs.length} inputs` });
}

/** Both axes from the front. Throws `shape-mismatch` where they are the batch or of different size. */
function axesOf({ axes }: DotConfig, left: KerasShape, right: KerasShape): readonly [number, number] {
  const [a, b] = typeof axes === 'number' ? [axes, axes] : axes;
  const found = [normalizeAxis(a, left.length), normalizeAxis(b, right.length)] as const;
  const [sizeA, sizeB] = [left[found[0]] ?? null, right[found[1]] ?? null];
  if (!found.includes(0) && (sizeA === sizeB || sizeA === null || sizeB === null)) return found;
  throw new SurgeryError('shape-mismatch', 'Dot cannot sum along these axes.', {
    expected: 'two axes of one size, not the batch',
    received: `${showKerasShape(left)} along ${a} and ${showKerasShape(right)} along ${b}`,
  });
}
