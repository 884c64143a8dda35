import { quantileSorted } from 'simple-statistics';
import type { PairRecord } from './records';
import { mean } from './summaries';
import type { ArmCurve, Band } from './verdict';

/** The learning curves of the arms, with bands over the pairs. A pair that ended early has no part in later epochs. */
export function curvesOf(records: readonly PairRecord[], names: readonly string[]): ArmCurve[] {
  return names.map((name) => {
    const curves = records.flatMap(({ curves: all }) => (Object.hasOwn(all, name) ? [all[name]] : []));
    const length = Math.max(0, ...curves.map((curve) => curve.findLastIndex(({ loss }) => Number.isFinite(loss)) + 1));
    const epochs = Array.from({ length }, (_, epoch) => epoch).flatMap((epoch) => {
      // Of a run that diverged its last loss is no number.
      const points = curves.flatMap((curve) => curve[epoch] ?? []).filter(({ loss }) => Number.isFinite(loss));
      const validated = points.flatMap(({ validationLoss }) => validationLoss ?? []).filter(Number.isFinite);
      return points.length === 0 ? [] : { epoch: epoch + 1, loss: bandOf(points.map(({ loss }) => loss)), validationLoss: validated.length === 0 ? null : bandOf(validated) };
    });
    return { name, epochs };
  });
}

function bandOf(values: readonly number[]): Band {
  const sorted = [...values].sort((one, other) => one - other);
  return { mean: mean(values), low: quantileSorted(sorted, 0.25), high: quantileSorted(sorted, 0.75) };
}
