import { SurgeryError } from '../../errors';
import { isJsonObject, type JsonObject } from '../../model/json';
import { mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greaterEqual } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { oneHot } from '../../ops/oneHot';
import { argMax } from '../../ops/reduce';
import { sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { sameShape, showShape } from '../../ops/shape';
import { invalidSetting, readFlag, readNumber } from '../kerasObject';
import { matchRanks } from '../ranks';
import { asRank, type MetricClass, type MetricInputs, type MetricRule, type Sums } from './metric';

const EPSILON = 1e-7;

interface Settings {
  readonly classes: number;
  /** Of which the mean is taken. */
  readonly targets: readonly number[];
  readonly ignored: number | null;
  /** From which axis of one-hot values a class is read; null where the values are classes. */
  readonly targetAxis: number | null;
  readonly outputAxis: number | null;
  /** Outputs from here on are class 1: BinaryIoU. */
  readonly threshold: number | null;
  /** Counts are whole numbers, as are weights. */
  readonly whole: boolean;
}

function intersection(settings: Settings): MetricRule {
  return { parts: (inputs) => [confusionMatrix(inputs, settings)], finish: (sums) => meanOverUnion(sums, settings) };
}

/** [classes, classes]: rows are targets, columns what was predicted; a pair with either out of range counts nowhere. */
function confusionMatrix({ target, output, weights }: MetricInputs, settings: Settings): Value {
  const { classes, ignored, threshold, whole } = settings;
  const [t, y] = matchRanks(classOf(target, settings.targetAxis), threshold === null ? classOf(output, settings.outputAxis) : cast(greaterEqual(output, threshold), 'int32'));
  if (!sameShape(t.shape, y.shape)) {
    throw new SurgeryError('data-mismatch', 'An intersection over union needs a class for each place of the output.', { expected: showShape(y.shape), received: showShape(t.shape) });
  }
  const hot = oneHot(t, classes);
  const kept = ignored === null ? hot : mul(hot, lastAxis(sub(1, cast(equal(t, ignored), 'float32'))));
  const laid = weights && asRank(whole ? cast(cast(weights, 'int32'), 'float32') : weights, kept.shape.length);
  const rows = laid ? mul(kept, laid) : kept;
  const pairs = mul(lastAxis(rows), reshape(oneHot(y, classes), [...y.shape, 1, classes]));
  return sum(pairs, y.shape.map((_, axis) => axis));
}

function lastAxis(x: Value): Value {
  return reshape(x, [...x.shape, 1]);
}

function classOf(x: Value, axis: number | null): Value {
  return axis === null ? cast(x, 'int32') : argMax(x, axis);
}

function meanOverUnion([matrix]: Sums, { classes, targets }: Settings): number {
  const at = (row: number, column: number): number => matrix[row * classes + column];
  const all = Array.from({ length: classes }, (_, index) => index);
  const shares = targets.map((id) => {
    const union = all.reduce((total, other) => total + at(id, other) + at(other, id), 0) - at(id, id);
    return { union, share: at(id, id) / (union + EPSILON) };
  }).filter(({ union }) => union > 1e-9);
  return shares.reduce((total, { share }) => total + share, 0) / (shares.length + EPSILON);
}

function readShared(config: JsonObject, where: string): Pick<Settings, 'ignored' | 'whole' | 'threshold'> & { axis: number } {
  const dtype = isJsonObject(config['dtype']) && isJsonObject(config['dtype']['config']) ? config['dtype']['config']['name'] : config['dtype'];
  return {
    ignored: (config['ignore_class'] ?? null) === null ? null : readNumber(config, 'ignore_class', { where }),
    axis: readNumber(config, 'axis', { fallback: -1, where }),
    whole: typeof dtype !== 'string' || !dtype.includes('float'),
    threshold: null,
  };
}

function readTargets(config: JsonObject, classes: number, { where, fallback }: { where: string; fallback?: readonly number[] }): readonly number[] {
  const given = config['target_class_ids'] ?? fallback;
  const fits = (item: unknown): item is number => Number.isInteger(item) && (item as number) >= 0 && (item as number) < classes;
  if (Array.isArray(given) && given.length > 0 && (given as readonly unknown[]).every(fits)) return given as readonly number[];
  throw invalidSetting(`${where}.target_class_ids`, `class indices below ${classes}`, given);
}

const every = (classes: number): readonly number[] => Array.from({ length: classes }, (_, index) => index);

/** IoU and its kin: `hot` where targets are one-hot, `mean` where all classes count. */
function kind({ hot, mean }: { readonly hot: boolean; readonly mean: boolean }): MetricClass {
  return (config, where) => {
    const { axis, ...shared } = readShared(config, where);
    const classes = readNumber(config, 'num_classes', { least: 1, where });
    const sparseTarget = hot ? false : readFlag(config, 'sparse_y_true', true, where);
    return intersection({
      ...shared, classes,
      targets: mean ? every(classes) : readTargets(config, classes, { where }),
      targetAxis: sparseTarget ? null : axis,
      outputAxis: readFlag(config, 'sparse_y_pred', !hot, where) ? null : axis,
    });
  };
}

/** Metrics of keras.metrics that compare areas of classes. */
export const intersections: Readonly<Record<string, MetricClass>> = {
  IoU: kind({ hot: false, mean: false }),
  MeanIoU: kind({ hot: false, mean: true }),
  OneHotIoU: kind({ hot: true, mean: false }),
  OneHotMeanIoU: kind({ hot: true, mean: true }),
  BinaryIoU: (config, where) => intersection({
    ...readShared({ ...config, ignore_class: null, axis: -1 }, where),
    classes: 2,
    targets: readTargets(config, 2, { where, fallback: [0, 1] }),
    targetAxis: null,
    outputAxis: null,
    threshold: readNumber(config, 'threshold', { fallback: 0.5, where }),
  }),
};
