import { quantileSorted } from 'simple-statistics';
import type { PairRecord } from './records';
import { mean } from './summaries';
import type { ArmCurve, Band } from './verdict';

/** The learning curves of the arms, with bands over the pairs. A pair that ended early has no part in later epochs. */
export function curvesOf(records: readonly PairRecord[], names: readonly string[]): ArmCurve[] {
  return names.map((name) => {
    const curves = records.flatMap(({ curves: all }) => (Object.hasOwn(all, name) ? [all[name]] : []));
    const length = Math.max(0, ...curves.map((curve) => curve.length));
    const epochs = Array.from({ length }, (_, epoch) => {
      const points = curves.flatMap((curve) => curve[epoch] ?? []);
      const validated = points.flatMap(({ validationLoss }) => validationLoss ?? []);
      return { epoch: epoch + 1, loss: bandOf(points.map(({ loss }) => loss)), validationLoss: validated.length === 0 ? null : bandOf(validated) };
    });
    return { name, epochs };
  });
}

function bandOf(values: readonly number[]): Band {
  const sorted = [...values].sort((one, other) => one - other);
  return { mean: mean(values), low: quantileSorted(sorted, 0.25), high: quantileSorted(sorted, 0.75) };
}
