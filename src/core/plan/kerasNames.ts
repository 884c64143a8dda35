/** What a plan may name, the most usual first; pure data, so that editor and schema can offer it. The registries hold what each means. */
export const optimizerNames = ['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad', 'Adadelta', 'Adamax', 'Nadam', 'Ftrl', 'Lion', 'Lamb'] as const;

export const lossNames = [
  'binary_crossentropy', 'categorical_crossentropy', 'sparse_categorical_crossentropy', 'mean_squared_error', 'mean_absolute_error',
] as const;
