import * as z from 'zod';
import { headActivations } from '../surgery/headActivations';
import { lossNames, optimizerNames } from './kerasNames';

/** An object whose keys are ours: another one is a mistake, and its message names the known ones. */
function ours<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? `no such key; known here: ${known}` : undefined) });
}

function described<S extends z.ZodType>(schema: S, markdownDescription: string): S {
  return schema.meta({ description: markdownDescription.replaceAll('`', ''), markdownDescription });
}

const text = z.string().min(1, 'must not be empty');
const path = described(text, 'Path of a layer: names joined by `/`, as `inspect` lists them.');
const count = z.int('must be a whole number').positive('must be 1 or more');

const kerasConfig = z.looseObject({ class_name: text, config: z.record(z.string(), z.json()).default({}) });

/** A Keras name, completed from a few that are often wanted, or a Keras config. */
function kerasObject(kind: string, examples: readonly string[]): z.ZodUnion<readonly [z.ZodString, typeof kerasConfig]> {
  const name = text.meta({ examples: [...examples] });
  return described(z.union([name, kerasConfig], `must be the Keras name of the ${kind}, or { "class_name", "config" }`), `Keras name of the ${kind}, or a Keras config: \`{ "class_name", "config" }\`.`);
}

const loss = kerasObject('loss', lossNames);
const metric = kerasObject('metric', ['accuracy', 'binary_accuracy', 'mean_absolute_error', 'mean_squared_error']);
const optimizer = kerasObject('optimizer', optimizerNames).refine(
  (object) => typeof object === 'string' || !isNegative(object.config['learning_rate']),
  { message: 'must not be negative', path: ['config', 'learning_rate'] },
);

function isNegative(rate: unknown): boolean {
  return typeof rate === 'number' && rate < 0;
}

const paths = z.array(path);
const range = ours({ from: path, to: path });
const selectionWords = ['all', 'nothing', 'all but head'] as const;
const selectionError = 'must be "all", "nothing", "all but head", a list of layer paths, or { "from", "to" }';
const selection = described(
  z.union([z.enum(selectionWords), paths, range], selectionError),
  'Which layers: `"all"`, `"nothing"`, `"all but head"`, a list of layer paths, or a range `{ "from", "to" }` with both ends.',
);
const freeze = described(
  z.union([z.enum([...selectionWords, 'as set']), paths, range], `${selectionError}, or "as set"`),
  'What is frozen in this phase; everything else is trainable. `"as set"` keeps the flags that the model and the operations left.',
);

const activation = z.enum(headActivations, `must be a Keras activation: ${headActivations.join(', ')}`);

/** One surgery step, as plans and processes hand it on. */
export const operation = z.discriminatedUnion(
  'op',
  [
    ours({
      op: described(z.literal('replaceHead'), 'Removes the output layer (and a Dense before it that it only activates) and puts a new Dense there.'),
      units: described(count, 'Units of the new head.'),
      activation: described(activation, 'Keras name of the activation of the new head.'),
      name: described(text, 'Name of the new head; `head` where it is left out.').exactOptional(),
    }),
    ours({
      op: described(z.literal('removeLayers'), 'Takes layers out; what read them reads what they read.'),
      layers: z.array(path).min(1, 'must name one layer or more'),
    }),
    ours({
      op: described(z.literal('setTrainable'), 'Freezes or unfreezes layers and everything inside them.'),
      layers: selection,
      trainable: z.boolean(),
    }),
    ours({ op: described(z.literal('rename'), 'Gives a layer another name.'), layer: path, name: text }),
    ours({
      op: described(z.literal('loadWeights'), 'Takes the weights of a file, by layer name or in the order of the layers.'),
      from: described(text, 'A model or a weights-only file, relative to the plan.'),
      by: z.enum(['name', 'order']),
    }),
  ],
  'must have "op": "replaceHead", "removeLayers", "setTrainable", "rename" or "loadWeights"',
);

const reference = described(
  z.union([text, z.record(z.string(), text)], 'must be a file, archive.npz#member, or an object of those by name'),
  'A file (`.npy`, IDX with or without gzip) or `archive.npz#member`, relative to the plan; an object by input or output name for several.',
);

const labels = z.record(z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a label, such as "5"'), z.number());

const dataSet = ours({
  inputs: reference,
  targets: reference,
  classes: described(labels, 'Keeps the samples with these labels and maps them: `{ "5": 0, "6": 1 }`.').refine((map) => Object.keys(map).length > 0, 'must name one label or more').exactOptional(),
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

const compile = ours({
  loss: described(lossOf, 'Keras loss. Several outputs: a list in their order, or an object by output name.'),
  metrics: described(z.union([z.array(metrics), byOutput(metrics)], 'must be a list of Keras metrics, or an object by output name'), 'Keras metrics, such as `["accuracy"]`.').default([]),
  lossWeights: z.union([z.array(z.number()), byOutput(z.number())], 'must be a list of numbers, or an object by output name').exactOptional(),
});

const phase = ours({
  name: described(text, 'Shown in the log and the chart.').exactOptional(),
  freeze,
  optimizer,
  epochs: described(count, 'Passes over the training set.'),
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
});
