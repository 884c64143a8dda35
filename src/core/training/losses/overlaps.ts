import { SurgeryError } from '../../errors';
import type { JsonObject } from '../../model/json';
import { add, div, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { invalidSetting, readNumber } from '../kerasObject';
import { EPSILON } from './settings';

type Overlap = (target: Value, output: Value) => Value;

/** Losses of how far two masks cover each other, by the name of Keras' function. Without `axis` it is one number for the whole batch. */
export const overlaps = {
  dice: (config, where) => {
    const axes = readAxes(config, where);
    return (t, y) => sub(1, div(mul(sum(mul(t, y), axes), 2), add(add(sum(t, axes), sum(y, axes)), EPSILON)));
  },
  tversky: (config, where) => {
    const axes = readAxes(config, where);
    const [alpha, beta] = [readNumber(config, 'alpha', { fallback: 0.5, where }), readNumber(config, 'beta', { fallback: 0.5, where })];
    return (t, y) => {
      const both = sum(mul(t, y), axes);
      const [onlyTarget, onlyOutput] = [sum(mul(sub(1, y), t), axes), sum(mul(y, sub(1, t)), axes)];
      return sub(1, div(both, add(add(add(both, mul(onlyTarget, alpha)), mul(onlyOutput, beta)), EPSILON)));
    };
  },
} satisfies Readonly<Record<string, (config: JsonObject, where: string) => Overlap>>;

function readAxes(config: JsonObject, where: string): readonly number[] | undefined {
  const given = config['axis'] ?? null;
  if (given === null) return undefined;
  const axes: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (axes.length > 0 && axes.every((axis): axis is number => Number.isInteger(axis))) return axes;
  throw invalidSetting(`${where}.axis`, 'an axis or a list of axes', given);
}

/** keras.losses.Circle: no program here has an axis of the batch by the batch. */
export function refuseCircle(where: string): SurgeryError {
  return new SurgeryError('unsupported', 'The loss Circle is not supported: it compares every sample of a batch with every other.', { expected: 'another loss', received: 'Circle', where });
}
