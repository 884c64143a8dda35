import { SurgeryError } from '../../errors';
import type { Value } from '../../ops/graph';
import { sameShape, showShape } from '../../ops/shape';
import { matchRanks } from '../ranks';

/** keras.config.epsilon(): probabilities are held this far from 0 and 1. */
export const EPSILON = 1e-7;

/** The loss of each sample (and of each place in it): y_true, y_pred -> [batch, ...]; formulas of keras.losses. */
export type LossFunction = (target: Value, output: Value) => Value;

/** Refuses a setting that is not Keras' default, by name. */
export function requireDefault(given: unknown, only: unknown, where: string): void {
  if (given === only) return;
  throw new SurgeryError('unsupported', `The setting ${where} of a loss is not supported.`, {
    expected: String(only), received: JSON.stringify(given), where,
  });
}

/** Same shapes, or refused: Keras would broadcast in silence, or fail later with less to go by. */
export function paired(target: Value, output: Value): [Value, Value] {
  const pair = matchRanks(target, output);
  if (sameShape(pair[0].shape, pair[1].shape)) return pair;
  throw new SurgeryError('data-mismatch', 'The targets have another shape than the output that they are compared with.', {
    expected: showShape(output.shape),
    received: showShape(target.shape),
  });
}
