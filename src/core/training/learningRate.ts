import { type Json, type JsonObject, isJsonObject } from '../model/json';
import { invalidSetting, readFlag, readKerasObject, readNumber, unsupportedObject } from './kerasObject';

/** A learning rate: one number, or a schedule over the steps. */
export interface LearningRate {
  /** Of the step that has this many before it. */
  at(iteration: number): number;
  /** It is one number, which Keras saves among the optimizer's variables. */
  readonly constant: boolean;
}

type Schedule = (config: JsonObject, where: string) => (iteration: number) => number;

const schedules: Readonly<Record<string, Schedule>> = {
  ExponentialDecay: exponentialDecay,
  InverseTimeDecay: inverseTimeDecay,
  PolynomialDecay: polynomialDecay,
  CosineDecay: cosineDecay,
  CosineDecayRestarts: cosineRestarts,
  PiecewiseConstantDecay: piecewiseConstant,
};

/**
 * A number from 0, or a schedule of keras.optimizers.schedules as Keras writes it. Throws `config-invalid`, `unsupported` by
 * name.
 */
export function resolveLearningRate(given: Json | undefined, fallback: number, where: string): LearningRate {
  if (!isJsonObject(given)) {
    const rate = readNumber({ learning_rate: given ?? fallback }, 'learning_rate', { least: 0, where });
    return { at: () => rate, constant: true };
  }
  const place = `${where}.learning_rate`;
  const { name, config } = readKerasObject(given, place);
  const schedule = Object.hasOwn(schedules, name) ? schedules[name] : undefined;
  if (!schedule) throw unsupportedObject('learning rate schedule', name, Object.keys(schedules), place);
  return { at: schedule(config, place), constant: false };
}

interface Decay {
  readonly initial: number;
  /** steps */
  readonly steps: number;
}

function readDecay(config: JsonObject, where: string): Decay {
  const steps = readNumber(config, 'decay_steps', { where });
  if (steps <= 0) throw invalidSetting(`${where}.decay_steps`, 'more than 0 steps', steps);
  return { initial: readNumber(config, 'initial_learning_rate', { least: 0, where }), steps };
}

function exponentialDecay(config: JsonObject, where: string): (iteration: number) => number {
  const { initial, steps } = readDecay(config, where);
  const rate = readNumber(config, 'decay_rate', { least: 0, where });
  const staircase = readFlag(config, 'staircase', false, where);
  return (iteration) => initial * rate ** stairs(iteration / steps, staircase);
}

function inverseTimeDecay(config: JsonObject, where: string): (iteration: number) => number {
  const { initial, steps } = readDecay(config, where);
  const rate = readNumber(config, 'decay_rate', { least: 0, where });
  const staircase = readFlag(config, 'staircase', false, where);
  return (iteration) => initial / (1 + rate * stairs(iteration / steps, staircase));
}

function stairs(progress: number, staircase: boolean): number {
  return staircase ? Math.floor(progress) : progress;
}

function polynomialDecay(config: JsonObject, where: string): (iteration: number) => number {
  const { initial, steps } = readDecay(config, where);
  const end = readNumber(config, 'end_learning_rate', { fallback: 0.0001, least: 0, where });
  const power = readNumber(config, 'power', { fallback: 1, where });
  const cycle = readFlag(config, 'cycle', false, where);
  return (iteration) => {
    const length = cycle && iteration > 0 ? steps * Math.ceil(iteration / steps) : steps;
    return (initial - end) * (1 - Math.min(iteration, length) / length) ** power + end;
  };
}

function cosineDecay(config: JsonObject, where: string): (iteration: number) => number {
  const { initial, steps } = readDecay(config, where);
  const alpha = readNumber(config, 'alpha', { fallback: 0, where });
  const target = config['warmup_target'] ?? null;
  const decayed = (from: number, iteration: number): number => {
    const cosine = 0.5 * (1 + Math.cos((Math.PI * Math.min(iteration, steps)) / steps));
    return from * ((1 - alpha) * cosine + alpha);
  };
  if (target === null) return (iteration) => decayed(initial, iteration);
  const peak = readNumber(config, 'warmup_target', { least: 0, where });
  const warmup = readNumber(config, 'warmup_steps', { fallback: 0, least: 0, where });
  return (iteration) =>
    iteration < warmup ? ((peak - initial) * iteration) / warmup + initial : decayed(peak, iteration - warmup);
}

/** Each period begins anew, `t_mul` times as long and `m_mul` times as high as the one before. */
function cosineRestarts(config: JsonObject, where: string): (iteration: number) => number {
  const initial = readNumber(config, 'initial_learning_rate', { least: 0, where });
  const first = readNumber(config, 'first_decay_steps', { where });
  if (first <= 0) throw invalidSetting(`${where}.first_decay_steps`, 'more than 0 steps', first);
  const [longer, higher] = [readNumber(config, 't_mul', { fallback: 2, least: 1, where }), readNumber(config, 'm_mul', { fallback: 1, where })];
  const alpha = readNumber(config, 'alpha', { fallback: 0, where });
  const { fround } = Math;
  // In float32, as Keras: which side of a restart a step falls on may hang on the last bit.
  const restartsBefore = (done: number): number => Math.floor(longer === 1 ? done : fround(fround(Math.log(fround(1 - done * (1 - longer)))) / fround(Math.log(longer))));
  return (iteration) => {
    const done = fround(iteration / first);
    const restarts = restartsBefore(done);
    const fraction = longer === 1 ? done - restarts : (done - (1 - longer ** restarts) / (1 - longer)) / longer ** restarts;
    const cosine = 0.5 * higher ** restarts * (1 + Math.cos(Math.PI * fraction));
    return initial * ((1 - alpha) * cosine + alpha);
  };
}

/** The i-th value up to and including the i-th boundary. */
function piecewiseConstant(config: JsonObject, where: string): (iteration: number) => number {
  const boundaries = readList(config, 'boundaries', where);
  const values = readList(config, 'values', where);
  if (boundaries.length !== values.length - 1) {
    throw invalidSetting(`${where}.values`, `${boundaries.length + 1} values for ${boundaries.length} boundaries`, values);
  }
  return (iteration) => {
    const passed = boundaries.filter((boundary) => iteration > boundary).length;
    return values[passed] ?? 0;
  };
}

function readList(config: JsonObject, key: string, where: string): readonly number[] {
  const given = config[key];
  const numbers: readonly Json[] = Array.isArray(given) ? (given as readonly Json[]) : [];
  if (numbers.length > 0 && numbers.every((item) => typeof item === 'number' && Number.isFinite(item) && item >= 0)) {
    return numbers as readonly number[];
  }
  throw invalidSetting(`${where}.${key}`, 'a list of numbers from 0', given);
}
