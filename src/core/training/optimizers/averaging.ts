import type { JsonObject } from '../../model/json';
import { add, div, mul, sub } from '../../ops/binary';
import { greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { where as choose } from '../../ops/where';
import { invalidSetting, readFlag, readNumber } from '../kerasObject';
import type { Rates, SlotOwner } from './optimizer';
import type { Optimizer } from './registry';

/** `use_ema` of an optimizer. */
export interface Average {
  readonly momentum: number;
  /** Updates after which the average takes the weights' place; null for only at the end. */
  readonly overwriteEach: number | null;
}

/** What a `LossScaleOptimizer` is told. */
export interface DynamicScale {
  readonly initial: number;
  /** Steps after which the scale doubles. */
  readonly growth: number;
}

/** Slots that come before the optimizer's own, in Keras' order of saving. */
export const AVERAGE = 'average';
export const ACCUMULATOR = 'gradient_accumulator';
/** Rates: 1 in a step that updates; how much of the average stays; 1 where it takes the weights' place. */
const [UPDATES, KEEPS, OVERWRITES] = ['updates', 'average_momentum', 'average_overwrites'];

export function readAccumulation(config: JsonObject, where: string): number {
  const key = 'gradient_accumulation_steps';
  if (!config[key]) return 1;
  const steps = readNumber(config, key, { least: 2, where });
  if (Number.isInteger(steps)) return steps;
  throw invalidSetting(`${where}.${key}`, 'a whole number from 2', steps);
}

export function readAverage(config: JsonObject, where: string): Average | null {
  if (!readFlag(config, 'use_ema', false, where)) return null;
  const key = 'ema_overwrite_frequency';
  const each = config[key] ? readNumber(config, key, { least: 1, where }) : null;
  if (each !== null && !Number.isInteger(each)) throw invalidSetting(`${where}.${key}`, 'a whole number from 1', each);
  return { momentum: readNumber(config, 'ema_momentum', { fallback: 0.99, least: 0, most: 1, where }), overwriteEach: each };
}

export function readDynamicScale(config: JsonObject, where: string): DynamicScale {
  return {
    initial: readNumber(config, 'initial_scale', { fallback: 2 ** 15, least: Number.MIN_VALUE, where }),
    growth: readNumber(config, 'dynamic_growth_steps', { fallback: 2000, least: 1, where }),
  };
}

export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The slots of a weight, in Keras' order of saving; see `UpdateRule.slots`. */
export function slotGroups({ average, accumulation, rule }: Optimizer, owner: SlotOwner): readonly (readonly Slot[])[] {
  const shared = [...(average ? [AVERAGE] : []), ...(accumulation > 1 ? [ACCUMULATOR] : [])].map((name) => [{ name, shape: owner.shape }]);
  const own = rule.slots.map((group) => group.filter((name) => rule.has?.(name, owner) ?? true).map((name) => ({ name, shape: rule.slotShape?.(name, owner) ?? owner.shape })));
  return [...shared, ...own];
}

/** How many groups of slots there are, the same for each weight. */
export function groupCount({ average, accumulation, rule }: Optimizer): number {
  return Number(average !== null) + Number(accumulation > 1) + rule.slots.length;
}

/** Updates that so many steps have made. */
export function updatesOf({ accumulation }: Optimizer, iteration: number): number {
  return Math.floor(iteration / accumulation);
}

/** What is fed to the step that has so many steps before it. A schedule counts steps, everything else updates, as in Keras. */
export function stepRates(optimizer: Optimizer, iteration: number): Rates {
  const { rule, learningRate, average, accumulation } = optimizer;
  const updates = updatesOf(optimizer, iteration);
  return {
    ...rule.rates(learningRate.at(iteration), updates),
    ...(accumulation > 1 ? { [UPDATES]: (iteration + 1) % accumulation === 0 ? 1 : 0 } : {}),
    ...(average ? { [KEEPS]: updates === 0 ? 0 : average.momentum } : {}),
    ...(average?.overwriteEach ? { [OVERWRITES]: (updates + 1) % average.overwriteEach === 0 ? 1 : 0 } : {}),
  };
}

type ReadRate = (name: string) => Value;

/** The values after a step that updates, else those before it. */
export type Gate = (after: Value, before: Value) => Value;

/** Steps that only collect gradients leave weights and slots as they are. */
export function updateGate({ accumulation }: Optimizer, rate: ReadRate): Gate {
  if (accumulation === 1) return (after) => after;
  const updates = greater(rate(UPDATES), 0.5);
  return (after, before) => choose(updates, after, before);
}

/** The mean of the gradients since the last update, and what is collected after this step. */
export function accumulate({ accumulation }: Optimizer, gradient: Value, { collected, gate }: { collected: Value; gate: Gate }): { readonly mean: Value; readonly next: Value } {
  const total = add(gradient, collected);
  return { mean: div(total, accumulation), next: gate(mul(total, 0), total) };
}

/** The average after a step and the weight, which it may replace. Keras does this before constraints. */
export function follow(average: Value, weight: Value, { optimizer, rate }: { optimizer: Optimizer; rate: ReadRate }): { readonly average: Value; readonly weight: Value } {
  const keeps = rate(KEEPS);
  const next = add(mul(average, keeps), mul(weight, sub(1, keeps)));
  return { average: next, weight: optimizer.average?.overwriteEach ? choose(greater(rate(OVERWRITES), 0.5), next, weight) : weight };
}
