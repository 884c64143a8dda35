import { SurgeryError } from '../errors';
import type { DataSet, SampleArray } from '../data/dataSet';
import type { LossKind } from '../training/objective';

/**
 * Refuses targets that the loss cannot mean, before anything runs: engines would give NaN or go on in silence. Class indices
 * must be whole and below the number of classes, targets of a binary cross-entropy lie from 0 to 1. Throws `data-mismatch`.
 */
export function checkTargets(set: DataSet, kinds: Readonly<Record<string, LossKind>>): void {
  for (const [output, kind] of Object.entries(kinds)) {
    const target = Object.hasOwn(set.targets, output) ? set.targets[output] : undefined;
    if (!target) continue;
    const limits = limitsOf(kind);
    if (limits) requireWithin(target, limits, output);
  }
}

interface Limits {
  readonly most: number;
  readonly whole: boolean;
  readonly expected: string;
  readonly ignored?: number | undefined;
}

function limitsOf({ loss, classes, ignored }: LossKind): Limits | undefined {
  switch (loss) {
    case 'sparse_categorical_crossentropy':
    case 'categorical_generalized_cross_entropy':
    case 'ctc':
      return { most: classes - 1, whole: true, ignored, expected: `class indices from 0 to ${classes - 1}` };
    case 'binary_crossentropy':
    case 'binary_focal_crossentropy':
      return { most: 1, whole: false, expected: 'targets from 0 to 1' };
    default:
      return undefined;
  }
}

function requireWithin({ data }: SampleArray, { most, whole, expected, ignored }: Limits, output: string): void {
  const wrong = data.findIndex((number: number) => number !== ignored && (!(number >= 0 && number <= most) || (whole && !Number.isInteger(number))));
  if (wrong < 0) return;
  throw new SurgeryError('data-mismatch', `The targets of the output ${output} do not fit its loss.`, {
    expected, received: String(data[wrong]), where: output,
  });
}
