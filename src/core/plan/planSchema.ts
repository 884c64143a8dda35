import * as z from 'zod';
import { lossNames, metricNames, optimizerNames } from './kerasNames';
import { operation } from './operationSchemas';
import { count, described, kerasObject, ours, paths, range, selectionError, selectionWords, text } from './schemaWords';

const loss = kerasObject('loss', lossNames);
const metric = kerasObject('metric', metricNames);
const optimizer = kerasObject('optimizer', optimizerNames).refine(
  (object) => typeof object === 'string' || !isNegative(object.config['learning_rate']),
  { message: 'must not be negative', path: ['config', 'learning_rate'] },
);

function isNegative(rate: unknown): boolean {
  return typeof rate === 'number' && rate < 0;
}

const freeze = described(
  z.union([z.enum([...selectionWords, 'as set']), paths, range], `${selectionError}, or "as set"`),
  'What is frozen in this phase; everything else is trainable. `"as set"` keeps the flags that the model and the operations left.',
);

const reference = described(
  z.union([text, z.record(z.string(), text)], 'must be a file, archive.npz#member, or an object of those by name'),
  'A file (`.npy`, IDX), `archive.npz#member`, `table.csv#column,column` (Parquet too), or a folder of images; relative to the plan. An object by input or output name for several.',
);


const dataSet = ours({
  inputs: reference,
  targets: reference,
  classes: described(z.record(z.string(), z.number()), 'Keeps the samples with these labels and maps them: `{ "5": 0, "6": 1 }`, or `{ "cat": 0, "dog": 1 }` where labels are words.').refine((map) => Object.keys(map).length > 0, 'must name one label or more').exactOptional(),
  scale: described(z.number(), 'Multiplies the inputs: `0.00392156862745098` makes bytes fractions of 1.').exactOptional(),
  take: described(count, 'Draws that many samples without replacement, by the seed.').exactOptional(),
  sampleWeights: reference.exactOptional(),
});

const data = ours({
  train: described(dataSet, 'What the phases train on.'),
  validation: described(dataSet, 'Evaluated after each epoch; decides which weights are the best.').exactOptional(),
  test: described(dataSet, 'Evaluated once, at the end.').exactOptional(),
});

const byOutput = <S extends z.ZodType>(value: S): z.ZodRecord<z.ZodString, S> => z.record(z.string(), value);
/** An object that has a class name is a Keras config, whatever else it lacks. */
const lossOf = z.union(
  [loss, z.array(loss.nullable()), byOutput(loss.nullable())],
  'must be a Keras loss, a list of them in the order of the outputs, or an object by output name',
);
const metrics = z.union([metric, z.array(metric)]);
const metricsOf = z.union([z.array(metrics), byOutput(metrics)], 'must be a list of Keras metrics, or an object by output name');

const compile = ours({
  loss: described(lossOf, 'Keras loss. Several outputs: a list in their order, or an object by output name.'),
  metrics: described(metricsOf, 'Keras metrics, such as `["accuracy"]`.').default([]),
  weightedMetrics: described(metricsOf, 'Keras metrics that count samples by their weights (`sampleWeights`, `classWeights`).').exactOptional(),
  lossWeights: z.union([z.array(z.number()), byOutput(z.number())], 'must be a list of numbers, or an object by output name').exactOptional(),
});

const converged = z.literal('head converged', 'must be "head converged"');
const until = described(
  z.union([converged, ours({
    is: converged,
    patience: described(count, 'Epochs in a row without a gain. Default 2.').exactOptional(),
    minChange: described(z.number().positive('must be above 0').lt(1, 'must be below 1'), 'A gain is a fall by more than this share of the lowest loss. Default 0.01.').exactOptional(),
  })], 'must be "head converged", or { "is": "head converged", "patience", "minChange" }'),
  'Ends the phase before its last epoch once the loss (of validation, where there is a set) has stopped falling. `"head converged"`, or an object with `patience` and `minChange`.',
);

const phase = ours({
  name: described(text, 'Shown in the log and the chart.').exactOptional(),
  freeze,
  optimizer,
  epochs: described(count, 'Passes over the training set; the most of them where `until` is given.'),
  until: until.exactOptional(),
  batchSize: described(count, 'Samples per step.'),
  shuffle: described(z.boolean(), 'A new order each epoch, by the seed. `false` keeps the order of the file. Default `true`.').exactOptional(),
  classWeights: described(byOutput(z.number().nonnegative('must not be negative')), 'Weight of each class in the loss, by class index.').exactOptional(),
});

const seedNumber = z.int('must be a whole number');
const seed = z.union(
  [seedNumber, ours({ initialization: seedNumber, order: seedNumber, sample: seedNumber })],
  'must be a whole number, or { "initialization", "order", "sample" }',
);

/** `NAME.surgery.json`. Strict about our own keys, open where Keras' words stand. */
export const planSchema = ours({
  $schema: z.string().exactOptional(),
  version: described(z.literal(1, 'must be 1'), 'Version of this format.'),
  model: described(text, 'The model that is operated on, relative to the plan. It is never written.'),
  operations: described(z.array(operation), 'What is done to a clone of the model before it is trained, in this order.').default([]),
  data,
  compile: described(compile, 'What the model is compiled with.'),
  phases: described(z.array(phase).min(1, 'must have one phase or more'), 'Training, one phase after the other.'),
  seed: described(seed, 'Of new weights, the order of samples and the draw of sub-samples. Same plan, same seed, same engine: same bytes.').exactOptional(),
  baseClasses: described(z.array(z.union([z.number(), z.string()], 'must be a label')), 'Labels, as the data has them, that the model was trained on before. A verdict says in how many of its pairs the model knew one of the classes.').exactOptional(),
});
