import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { KerasObject } from '../model/model';
import type { PhasePlan } from '../plan/plan';
import { resolveOptimizer } from '../training/optimizers/registry';

/** What a plan's learning rates are multiplied by when they are tuned: half a decade apart, a decade to both sides. */
export const rateFactors = [10, Math.sqrt(10), 1, 1 / Math.sqrt(10), 1 / 10] as const;

/** Settings of a schedule that are learning rates. */
const scheduleRates = ['initial_learning_rate', 'end_learning_rate', 'values', 'warmup_target'];

/** The rate of a phase's first step. */
export function firstRate({ optimizer }: Pick<PhasePlan, 'optimizer'>): number {
  return resolveOptimizer(optimizer, 'optimizer').learningRate.at(0);
}

/** The optimizer with its learning rate, or every rate of its schedule, multiplied. */
export function scaleRate(optimizer: KerasObject, factor: number): KerasObject {
  if (factor === 1) return optimizer;
  const { class_name: className, config }: Exclude<KerasObject, string> = typeof optimizer === 'string' ? { class_name: optimizer, config: {} } : optimizer;
  const rate = config['learning_rate'];
  const scaled = isJsonObject(rate) ? scaleSchedule(rate, factor) : rounded(firstRate({ optimizer }) * factor);
  return { class_name: className, config: { ...config, learning_rate: scaled } };
}

function scaleSchedule(schedule: JsonObject, factor: number): JsonObject {
  const config = isJsonObject(schedule['config']) ? schedule['config'] : {};
  const scaled = Object.entries(config).map(([key, value]) => [key, scheduleRates.includes(key) ? scaleValue(value, factor) : value] as const);
  return { ...schedule, config: Object.fromEntries(scaled) };
}

function scaleValue(value: Json, factor: number): Json {
  if (Array.isArray(value)) return value.map((item) => scaleValue(item as Json, factor));
  return typeof value === 'number' ? rounded(value * factor) : value;
}

/** Three digits: a rate is read by people. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(3));
}
