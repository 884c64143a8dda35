import { isJsonObject } from '../../model/json';
import { invalidSetting, type KerasRequest, readKerasObject, unsupportedObject } from '../kerasObject';
import { type Compared, outcomeOf } from '../losses/losses';
import { auc } from './auc';
import { confusionMetrics } from './confusion';
import { fScores } from './fScore';
import { intersections } from './iou';
import { meanClasses, type MeanKind, meanRule } from './means';
import type { Metric, MetricClass, MetricRule } from './metric';
import { r2Score } from './r2Score';

const kinds = Object.keys(meanClasses) as readonly MeanKind[];

/** Classes that sum up more than a mean, by Keras' name. */
const classes: Readonly<Record<string, MetricClass>> = { AUC: auc, R2Score: r2Score, ...confusionMetrics, ...fScores, ...intersections };

const aliases: Readonly<Record<string, MeanKind>> = {
  bce: 'binary_crossentropy', BCE: 'binary_crossentropy',
  mse: 'mean_squared_error', MSE: 'mean_squared_error',
  mae: 'mean_absolute_error', MAE: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error', MAPE: 'mean_absolute_percentage_error',
  msle: 'mean_squared_logarithmic_error', MSLE: 'mean_squared_logarithmic_error',
};

/**
 * A metric as plans and Keras files name it; `accuracy` and `acc` choose one of three by the shapes, as Keras does. Throws
 * `unsupported` by name, `config-invalid`.
 */
export function resolveMetric(object: unknown, compared: Compared, where: string): Metric {
  const request = unwrapped(readKerasObject(object, where), where);
  const kind = meanKind(request, compared);
  if (kind) return { name: nameOf(request, kind === 'log_cosh_error' ? 'logcosh' : kind), ...meanRule(kind, request, where) };
  const className = Object.keys(classes).find((name) => name === request.name || snakeCase(name) === request.name);
  if (className === undefined) throw unsupportedObject('metric', request.name, [...kinds, ...Object.keys(classes)], where);
  const rule: MetricRule = classes[className](request.config, where);
  return { name: nameOf(request, defaultNames[className] ?? snakeCase(className)), ...rule };
}

/** Keras 2 and 3 write a function that is a metric as `MeanMetricWrapper` around it. */
function unwrapped(request: KerasRequest, where: string): KerasRequest {
  if (request.name !== 'MeanMetricWrapper') return request;
  const { fn, ...config } = request.config;
  const inner = typeof fn === 'string' || isJsonObject(fn) ? readKerasObject(fn, `${where}.fn`) : undefined;
  if (!inner) throw invalidSetting(`${where}.fn`, 'the name of a function of keras.metrics', fn);
  return { name: inner.name, config: { ...config, ...inner.config }, plain: false };
}

function meanKind({ name, plain }: KerasRequest, compared: Compared): MeanKind | undefined {
  if (plain && ['accuracy', 'acc'].includes(name.toLowerCase())) return `${outcomeOf(compared)}_accuracy`;
  if (Object.hasOwn(aliases, name)) return aliases[name];
  return kinds.find((kind) => kind === name || meanClasses[kind] === name);
}

/** Keras names a metric after the string that asked for it, or after its own `name`. */
function nameOf({ name, config, plain }: KerasRequest, fallback: string): string {
  const own = config['name'];
  return plain ? name : typeof own === 'string' ? own : fallback;
}

/** Where a class gives itself another name than Keras makes of its class. */
const defaultNames: Readonly<Record<string, string>> = { F1Score: 'f1_score', FBetaScore: 'fbeta_score', R2Score: 'r2_score' };

/** As Keras' `to_snake_case`: `MeanIoU` is `mean_io_u`. */
function snakeCase(className: string): string {
  return className.replace(/\W+/g, '').replace(/(.)([A-Z][a-z]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}
