import assert from 'node:assert/strict';
import type { DataSet } from '../../../../src/core/data/dataSet';
import { checkTargets } from '../../../../src/core/run/checkTargets';
import type { LossKind } from '../../../../src/core/training/objective';

function check(loss: LossKind['loss'], ...values: number[]): () => void {
  const set = { samples: values.length, inputs: {}, targets: { out: { shape: [], data: Float32Array.from(values) } } } as unknown as DataSet;
  return () => checkTargets(set, { out: { loss, classes: 3 } });
}

describe('targets that a loss cannot mean', () => {
  const refused = { code: 'data-mismatch', where: 'out' };

  it('class indices are whole and below the number of classes', () => {
    check('sparse_categorical_crossentropy', 0, 2, 1)();
    for (const wrong of [3, -1, 0.5, NaN]) assert.throws(check('sparse_categorical_crossentropy', 0, wrong), refused, String(wrong));
  });

  it('targets of the binary cross-entropies lie from 0 to 1', () => {
    for (const loss of ['binary_crossentropy', 'binary_focal_crossentropy'] as const) {
      check(loss, 0, 0.3, 1)();
      for (const wrong of [1.5, -1, NaN]) assert.throws(check(loss, 0, wrong), refused, `${loss} of ${wrong}`);
    }
  });

  it('others may be any number', () => {
    for (const loss of ['mean_squared_error', 'hinge', 'poisson'] as const) check(loss, -3, 0.5, 7)();
  });
});
