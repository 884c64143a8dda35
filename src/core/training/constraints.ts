import type { Json, JsonObject } from '../model/json';
import { add, div, maximum, minimum, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { sqrt } from '../ops/unary';
import { invalidSetting, readKerasObject, readNumber, unsupportedObject } from './kerasObject';
import { EPSILON } from './losses/settings';

/** What a weight becomes after each update. */
export type Constraint = (weight: Value) => Value;

/** A constraint as a layer's config holds it; formulas of keras.constraints. Throws `unsupported` by name, `config-invalid`. */
export function resolveConstraint(object: Json, where: string): Constraint {
  const { name, config } = readKerasObject(object, where);
  const read = (key: string, fallback: number): number => readNumber(config, key, { fallback, where });
  switch (name) {
    case 'MaxNorm': case 'max_norm':
      return rescale(readAxes(config, where), { low: 0, high: read('max_value', 2), rate: 1 });
    case 'MinMaxNorm': case 'min_max_norm':
      return rescale(readAxes(config, where), { low: read('min_value', 0), high: read('max_value', 1), rate: read('rate', 1) });
    case 'UnitNorm': case 'unit_norm':
      return unitNorm(readAxes(config, where));
    case 'NonNeg': case 'non_neg':
      return (weight) => maximum(weight, 0);
    default:
      throw unsupportedObject('constraint', name, ['MaxNorm', 'MinMaxNorm', 'UnitNorm', 'NonNeg'], where);
  }
}

function readAxes(config: JsonObject, where: string): readonly number[] {
  const given = config['axis'] ?? 0;
  const axes: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (axes.every((axis): axis is number => Number.isInteger(axis))) return axes;
  throw invalidSetting(`${where}.axis`, 'an axis or a list of axes', given);
}

function normOf(weight: Value, axes: readonly number[]): Value {
  return sqrt(sum(mul(weight, weight), axes, true));
}

interface NormRange {
  readonly low: number;
  readonly high: number;
  /** 1 enforces the range at once. */
  readonly rate: number;
}

function rescale(axes: readonly number[], { low, high, rate }: NormRange): Constraint {
  return (weight) => {
    const norm = normOf(weight, axes);
    const clipped = maximum(minimum(norm, high), low);
    const desired = rate === 1 ? clipped : add(mul(clipped, rate), mul(norm, 1 - rate));
    return mul(weight, div(desired, add(norm, EPSILON)));
  };
}

function unitNorm(axes: readonly number[]): Constraint {
  return (weight) => div(weight, add(normOf(weight, axes), EPSILON));
}
