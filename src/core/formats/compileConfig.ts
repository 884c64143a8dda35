import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { CompileSettings, KerasObject } from '../model/model';
import { parsePythonJson, withKeys } from './pythonJson';

/** What a `compile_config` (Keras 3) or `training_config` (`.h5`) says; null where the model was not compiled. */
export function readCompileConfig(config: Json | undefined): CompileSettings | null {
  if (!isJsonObject(config)) return null;
  const loss = readLoss(config['loss']);
  const optimizer = readObject(config['optimizer'] ?? config['optimizer_config']);
  if (loss === null && optimizer === null) return null;
  const weights = readLossWeights(config['loss_weights']);
  const weighted = readMetrics(config['weighted_metrics']);
  return {
    loss, metrics: readMetrics(config['metrics']), optimizer,
    ...(Object.keys(weighted).length === 0 ? {} : { weightedMetrics: weighted }),
    ...(weights === undefined ? {} : { lossWeights: weights }),
  };
}

/** A name, or `{class_name, config}`; a function of Keras is written with its name as config. */
function readObject(value: Json | undefined): KerasObject | null {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return null;
  const { class_name: className, config } = value;
  if (className === 'function' && typeof config === 'string') return config;
  return typeof className === 'string' && isJsonObject(config) ? { class_name: className, config } : null;
}

function readLoss(value: Json | undefined): CompileSettings['loss'] {
  if (Array.isArray(value)) return (value as readonly Json[]).map(readObject);
  if (isJsonObject(value) && !('class_name' in value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, readObject(item)]));
  return readObject(value);
}

function readMetrics(value: Json | undefined): CompileSettings['metrics'] {
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, readMetric(item)]));
  return Array.isArray(value) ? (value as readonly Json[]).map(readMetric) : [];
}

/** One metric, or the metrics of one output. */
function readMetric(value: Json): KerasObject | KerasObject[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item) => readObject(item) ?? []);
  return readObject(value) ?? [];
}

function readLossWeights(value: Json | undefined): CompileSettings['lossWeights'] | undefined {
  const isNumber = (item: Json): item is number => typeof item === 'number';
  if (Array.isArray(value) && (value as readonly Json[]).every(isNumber)) return value as number[];
  if (isJsonObject(value) && Object.values(value).every(isNumber)) return value as Record<string, number>;
  return undefined;
}

/**
 * The `compile_config` that Keras 3 reads. What `raw`, the config that the file had, says the same way stays as it was
 * written there.
 */
export function writeCompileConfig(settings: CompileSettings, raw: JsonObject | null): JsonObject {
  const kept = raw && 'optimizer' in raw ? raw : undefined;
  const before = readCompileConfig(kept);
  const same = (key: 'loss' | 'metrics' | 'weightedMetrics' | 'optimizer'): boolean => before !== null && JSON.stringify(before[key]) === JSON.stringify(settings[key]);
  const base: JsonObject = kept ?? { ...defaults, ...executionSettings(raw) };
  return withKeys(base, {
    ...(same('optimizer') ? {} : { optimizer: withModule(settings.optimizer, 'keras.optimizers') }),
    ...(same('loss') ? {} : { loss: withModule(settings.loss, 'keras.losses') }),
    ...(same('metrics') ? {} : { metrics: withModule(settings.metrics, 'keras.metrics') }),
    ...(same('weightedMetrics') ? {} : { weighted_metrics: settings.weightedMetrics ? withModule(settings.weightedMetrics, 'keras.metrics') : null }),
    loss_weights: settings.lossWeights ?? null,
  });
}

const defaults: JsonObject = {
  optimizer: null, loss: null, loss_weights: null, metrics: null, weighted_metrics: null, run_eagerly: false, steps_per_execution: 1, jit_compile: false,
};

/** How Keras is to run the model, whatever it is compiled with: nothing that changes a number. */
export function executionSettings(raw: JsonObject | null): JsonObject {
  const names = ['run_eagerly', 'steps_per_execution', 'jit_compile', 'auto_scale_loss'];
  return Object.fromEntries(Object.entries(raw ?? {}).filter(([name]) => names.includes(name)));
}

/** Keras looks a class up in the module that stands beside it. */
function withModule(value: Json | undefined, module: string): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => withModule(item, module));
  if (!isJsonObject(value)) return value ?? null;
  if ('class_name' in value) return withFloats({ module, registered_name: null, ...value });
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withModule(item, module)]));
}

/** Settings that Keras takes as Python floats only: `learning_rate=0` is refused, `0.0` is not. */
const floatSettings = new Set([
  'learning_rate', 'initial_learning_rate', 'end_learning_rate', 'warmup_target', 'decay_rate', 'power', 'alpha', 'momentum', 'beta_1', 'beta_2', 'rho', 'epsilon',
  'weight_decay', 'clipnorm', 'clipvalue', 'global_clipnorm', 'ema_momentum', 'label_smoothing', 'beta', 'threshold',
]);

/** Objects inside an optimizer's config, and where Keras looks them up. */
const nestedModules: Readonly<Record<string, string | undefined>> = { learning_rate: 'keras.optimizers.schedules', inner_optimizer: 'keras.optimizers' };

/** The same object, the whole numbers among its float settings spelled as floats. */
function withFloats(value: JsonObject): JsonObject {
  return Object.entries(value).reduce((result, [name, item]) => {
    if (isJsonObject(item)) {
      const module = 'module' in item ? undefined : nestedModules[name];
      return withKeys(result, { [name]: withFloats(module === undefined ? item : { module, registered_name: null, ...item }) });
    }
    const whole = typeof item === 'number' && Number.isInteger(item) && floatSettings.has(name);
    // Only what was read has a spelling of its own.
    return whole ? withKeys(result, parsePythonJson(`{"${name}": ${item}.0}`, name) as JsonObject) : result;
  }, value);
}
