import { SurgeryError } from '../../errors';
import type { JsonObject } from '../../model/json';
import { invalidSetting, readKerasObject, readNumber, unsupportedObject } from '../kerasObject';
import { type LearningRate, resolveLearningRate } from '../learningRate';
import { adadelta } from './adadelta';
import { adafactor } from './adafactor';
import { adagrad } from './adagrad';
import { adam, adamW } from './adam';
import { adamax } from './adamax';
import { type Average, type DynamicScale, readAccumulation, readAverage, readDynamicScale } from './averaging';
import type { Clipping } from './clipping';
import { ftrl } from './ftrl';
import { lamb } from './lamb';
import { lion } from './lion';
import { muon } from './muon';
import { nadam } from './nadam';
import type { OptimizerDefinition, UpdateRule } from './optimizer';
import { rmsprop } from './rmsprop';
import { scheduleFreeAdamW } from './scheduleFreeAdamW';
import { sgd } from './sgd';

const definitions: readonly OptimizerDefinition[] = [sgd, adam, adamW, rmsprop, adagrad, adadelta, adamax, nadam, ftrl, lion, lamb, adafactor, muon, scheduleFreeAdamW];

/** A Keras optimizer, its whole config read. */
export interface Optimizer {
  readonly className: string;
  readonly learningRate: LearningRate;
  readonly rule: UpdateRule;
  /** w - w decay rate before each update; null for none. */
  readonly weightDecay: number | null;
  readonly clipping: Clipping;
  /** The loss is multiplied by it and the gradients are divided by it; 1 for none. */
  readonly lossScale: number;
  /** Steps whose gradients are averaged into one update; 1 for an update in each. */
  readonly accumulation: number;
  /** A moving average of the weights, which takes their place at the end, and in between every so many updates. */
  readonly average: Average | null;
  /** A `LossScaleOptimizer` around it. */
  readonly scaling: DynamicScale | null;
}

/** Keys that all optimizers of Keras 3 share, and those that Keras 2 wrote. */
const shared = [
  'name', 'learning_rate', 'weight_decay', 'clipnorm', 'clipvalue', 'global_clipnorm', 'use_ema', 'ema_momentum',
  'ema_overwrite_frequency', 'loss_scale_factor', 'gradient_accumulation_steps',
];
const legacy = ['decay', 'jit_compile', 'is_legacy_optimizer', 'lr'];

/** keras.optimizers.LossScaleOptimizer, which wraps another one. */
const WRAPPER = 'LossScaleOptimizer';

/**
 * An optimizer as plans and Keras files write it; the class name in any case, as in Keras. Throws `unsupported` by name,
 * `config-invalid` for a setting that is unknown or out of range.
 */
export function resolveOptimizer(object: unknown, where: string): Optimizer {
  const { name, config } = readKerasObject(object, where);
  if (name.toLowerCase() === WRAPPER.toLowerCase()) return resolveWrapped(config, where);
  const definition = definitions.find(({ className }) => className.toLowerCase() === name.toLowerCase());
  if (!definition) throw unsupportedObject('optimizer', name, [...definitions.map(({ className }) => className), WRAPPER], where);
  refuseUnknown(definition, config, where);
  refuseUnsupported(config, where);
  const weightDecay = config['weight_decay'] ?? definition.defaultWeightDecay;
  return {
    className: definition.className,
    learningRate: resolveLearningRate(config['learning_rate'] ?? config['lr'], definition.defaultLearningRate, where),
    rule: definition.bind(config, where),
    weightDecay: weightDecay === null ? null : readNumber({ weight_decay: weightDecay }, 'weight_decay', { least: 0, where }),
    clipping: readClipping(config, where),
    lossScale: readScale(config, where),
    accumulation: readAccumulation(config, where),
    average: readAverage(config, where),
    scaling: null,
  };
}

/** Keras takes the inner optimizer's own scale from it. */
function resolveWrapped(config: JsonObject, where: string): Optimizer {
  const inner = resolveOptimizer(config['inner_optimizer'], `${where}.inner_optimizer`);
  return { ...inner, lossScale: 1, scaling: readDynamicScale(config, where) };
}

function refuseUnknown({ settings, className }: OptimizerDefinition, config: JsonObject, where: string): void {
  const known = [...shared, ...settings];
  const unknown = Object.keys(config).find((key) => !known.includes(key) && !legacy.includes(key));
  if (unknown === undefined) return;
  throw new SurgeryError('config-invalid', `The optimizer ${className} has no setting ${unknown}.`, {
    expected: `one of ${known.join(', ')}`,
    received: unknown,
    where: `${where}.${unknown}`,
  });
}

/** Settings that change the training and that no step program of ours computes. */
function refuseUnsupported(config: JsonObject, where: string): void {
  const set = 'decay';
  if (!config[set]) return;
  throw new SurgeryError('unsupported', `The optimizer setting ${set} is not supported: Keras 3 has no such setting, and would ignore it.`, {
    expected: 'the schedule InverseTimeDecay as learning_rate',
    received: JSON.stringify(config[set]),
    where: `${where}.${set}`,
  });
}

function readClipping(config: JsonObject, where: string): Clipping {
  const kinds = (['clipnorm', 'global_clipnorm', 'clipvalue'] as const).filter((key) => (config[key] ?? null) !== null);
  const kind = kinds.at(0);
  if (kind === undefined) return null;
  if (kinds.length > 1) throw invalidSetting(where, 'only one of clipnorm, clipvalue and global_clipnorm', kinds);
  const limit = readNumber(config, kind, { where });
  return limit > 0 ? { kind, limit } : null;
}

function readScale(config: JsonObject, where: string): number {
  const scale = readNumber(config, 'loss_scale_factor', { fallback: 1, where });
  if (scale > 0) return scale;
  throw invalidSetting(`${where}.loss_scale_factor`, 'a number above 0', scale);
}
