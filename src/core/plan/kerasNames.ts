/** What a plan may name, the most usual first; pure data, so that editor and schema can offer it. The registries hold what each means. */
export const optimizerNames = ['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad', 'Adadelta', 'Adamax', 'Nadam', 'Ftrl', 'Lion', 'Lamb', 'Adafactor', 'Muon', 'ScheduleFreeAdamW', 'LossScaleOptimizer'] as const;

export const lossNames = [
  'binary_crossentropy', 'categorical_crossentropy', 'sparse_categorical_crossentropy', 'mean_squared_error', 'mean_absolute_error',
  'binary_focal_crossentropy', 'categorical_focal_crossentropy', 'mean_absolute_percentage_error', 'mean_squared_logarithmic_error', 'huber', 'log_cosh',
  'cosine_similarity', 'poisson', 'kl_divergence', 'hinge', 'squared_hinge', 'categorical_hinge',
  'dice', 'tversky', 'categorical_generalized_cross_entropy', 'ctc',
] as const;

export const metricNames = [
  'accuracy', 'binary_accuracy', 'mean_absolute_error', 'mean_squared_error', 'root_mean_squared_error', 'auc', 'precision', 'recall', 'f1_score',
  'top_k_categorical_accuracy', 'sparse_top_k_categorical_accuracy', 'r2_score', 'cosine_similarity',
] as const;
