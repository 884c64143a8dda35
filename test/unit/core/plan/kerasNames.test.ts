import assert from 'node:assert/strict';
import { lossNames, metricNames, optimizerNames } from '../../../../src/core/plan/kerasNames';
import { resolveLoss } from '../../../../src/core/training/losses/losses';
import { resolveMetric } from '../../../../src/core/training/metrics/metrics';
import { resolveOptimizer } from '../../../../src/core/training/optimizers/registry';

/** Classes of keras.metrics in Keras 3.15 that `compile` takes. */
const kerasMetrics = [
  'AUC', 'Accuracy', 'BinaryAccuracy', 'BinaryCrossentropy', 'BinaryIoU', 'CategoricalAccuracy', 'CategoricalCrossentropy', 'CategoricalHinge', 'ConcordanceCorrelation', 'CosineSimilarity',
  'F1Score', 'FBetaScore', 'FalseNegatives', 'FalsePositives', 'Hinge', 'IoU', 'KLDivergence', 'LogCoshError', 'MeanAbsoluteError', 'MeanAbsolutePercentageError', 'MeanIoU', 'MeanMetricWrapper',
  'MeanSquaredError', 'MeanSquaredLogarithmicError', 'OneHotIoU', 'OneHotMeanIoU', 'PearsonCorrelation', 'Poisson', 'Precision', 'PrecisionAtRecall', 'R2Score', 'Recall', 'RecallAtPrecision',
  'RootMeanSquaredError', 'SensitivityAtSpecificity', 'SparseCategoricalAccuracy', 'SparseCategoricalCrossentropy', 'SparseTopKCategoricalAccuracy', 'SpecificityAtSensitivity', 'SquaredHinge',
  'TopKCategoricalAccuracy', 'TrueNegatives', 'TruePositives',
];

/** The list in the message that refuses a name which nobody has. */
function known(refused: () => unknown): string[] {
  try {
    refused();
  } catch (error) {
    return String((error as { readonly expected?: string }).expected).replace('one of ', '').split(', ');
  }
  throw new Error('it was taken');
}

describe('names that a plan may take', () => {
  it('are those of the optimizers', () => {
    assert.deepEqual([...optimizerNames].sort(), known(() => resolveOptimizer('nobody', 'x')).sort());
  });

  it('are some of the metrics, and every metric of Keras is known but those that no model can be compiled with', () => {
    const type = { shape: [-1, 2], dtype: 'float32' } as const;
    const compared = { target: type, output: type };
    for (const name of metricNames) assert.ok(resolveMetric(name, compared, 'x').name === name);
    const settings = { num_classes: 2, target_class_ids: [0], specificity: 0.5, sensitivity: 0.5, recall: 0.5, precision: 0.5, fn: 'mean_absolute_error' };
    for (const name of kerasMetrics) assert.ok(resolveMetric({ class_name: name, config: settings }, compared, 'x'), name);
    for (const name of ['Mean', 'Sum', 'Metric']) assert.throws(() => resolveMetric({ class_name: name, config: {} }, compared, 'x'), /not supported/);
  });

  it('are those of the losses', () => {
    const type = { shape: [-1, 2], dtype: 'float32' } as const;
    assert.deepEqual([...lossNames].sort(), known(() => resolveLoss('nobody', { target: type, output: type }, 'x')).sort());
  });
});
