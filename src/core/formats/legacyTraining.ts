import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { withKeys, withoutKeys } from './pythonJson';

/** What optimizers of Keras 2 take and those of Keras 3 do not. */
const oldOptimizerKeys = ['lr', 'decay', 'schedule_decay', 'is_legacy_optimizer', 'jit_compile'];

/** The `training_config` of Keras 2 with losses, metrics and optimizer in the words of Keras 3. */
export function modernTrainingConfig(training: JsonObject | undefined): JsonObject | undefined {
  if (!training) return undefined;
  return withKeys(training, {
    optimizer_config: optimizer(training['optimizer_config']),
    loss: loss(training['loss']),
    metrics: metric(training['metrics']),
    ...('weighted_metrics' in training ? { weighted_metrics: metric(training['weighted_metrics']) } : {}),
  });
}

/** The same of the `compile_config` in a `.keras` file of Keras 2. */
export function modernCompileConfig(config: JsonObject | null): JsonObject | null {
  return config && withKeys(config, { optimizer: optimizer(config['optimizer']), loss: loss(config['loss']), metrics: metric(config['metrics']), ...('weighted_metrics' in config ? { weighted_metrics: metric(config['weighted_metrics']) } : {}) });
}

function optimizer(value: Json | undefined): Json {
  const config = isJsonObject(value) ? value['config'] : undefined;
  if (!isJsonObject(value) || !isJsonObject(config)) return value ?? null;
  const name = typeof value['class_name'] === 'string' ? value['class_name'].replace(/^Custom>/, '') : null;
  const plain = withoutKeys(config, oldOptimizerKeys);
  const modern = withKeys(plain, {
    ...learningRate(config),
    // Keras 2 wrote null for its default
    ...(plain['epsilon'] === null ? { epsilon: 1e-7 } : {}),
  });
  return withKeys(value, { class_name: name, config: modern });
}

/** `decay` divided the rate by 1 + decay steps; Keras 3 would ignore it, but has a schedule that does so. */
function learningRate(config: JsonObject): JsonObject {
  const { learning_rate: named, lr, decay } = config;
  const rate = named ?? lr;
  if (typeof decay === 'number' && decay > 0 && typeof rate === 'number') {
    return { learning_rate: { module: 'keras.optimizers.schedules', class_name: 'InverseTimeDecay', config: { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay, staircase: false, name: 'InverseTimeDecay' }, registered_name: null } };
  }
  return 'lr' in config && !('learning_rate' in config) ? { learning_rate: rate ?? null } : {};
}

function loss(value: Json | undefined): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(loss);
  if (!isJsonObject(value)) return value ?? null;
  const { config } = value;
  if (!('class_name' in value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, loss(item)]));
  if (!isJsonObject(config) || config['reduction'] !== 'auto') return value;
  return withKeys(value, { config: withKeys(config, { reduction: 'sum_over_batch_size' }) });
}

/** A function that was wrapped to be a metric is that function again. */
function metric(value: Json | undefined): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(metric);
  if (!isJsonObject(value)) return value ?? null;
  if (!('class_name' in value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, metric(item)]));
  const { config } = value;
  return value['class_name'] === 'MeanMetricWrapper' && isJsonObject(config) ? unwrapped(config) ?? value : value;
}

/** `accuracy` was resolved to the kind that the output asked for; the name tells that it was asked for by that word. */
function unwrapped({ fn, name }: JsonObject): string | undefined {
  if (typeof fn !== 'string') return undefined;
  const asked = typeof name === 'string' && /(^|_)acc(uracy)?$/.test(name);
  return asked && /^(binary|categorical|sparse_categorical)_accuracy$/.test(fn) ? 'accuracy' : fn;
}
