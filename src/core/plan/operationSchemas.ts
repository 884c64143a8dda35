import * as z from 'zod';
import type { JsonObject } from '../model/json';
import { headActivations } from '../surgery/headActivations';
import { layerCatalogue } from '../surgery/layerCatalogue';
import type { OperationName } from '../surgery/operation';
import { count, described, kerasObject, ours, path, selection, text } from './schemaWords';

const activation = z.enum(headActivations, `must be a Keras activation: ${headActivations.join(', ')}`);
const classNames = layerCatalogue.map((entry) => entry.class);
const layerClass = described(z.enum(classNames, `must be a layer of the catalogue: ${classNames.join(', ')}`), 'Keras class of the new layer.');
const settings = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;
const after = described(path, 'The layer stands behind this one, for all that read it.').exactOptional();
const before = described(path, 'The layer stands before this one, for it alone.').exactOptional();
const newName = described(text, 'Name of the new layer; one that is free where it is left out.').exactOptional();
const from = described(text, 'A model or a weights-only file, relative to the plan.');
const index = z.int('must be a whole number').nonnegative('must not be negative');

type Forms = { readonly [Name in OperationName]: z.ZodObject };

/** The form of each operation in a plan. One that is missing does not compile. */
const forms = {
  replaceHead: ours({
    op: described(z.literal('replaceHead'), 'Removes the output layer (and a Dense before it that it only activates) and puts a new Dense there.'),
    units: described(count, 'Units of the new head.'),
    activation: described(activation, 'Keras name of the activation of the new head.'),
    name: described(text, 'Name of the new head; `head` where it is left out.').exactOptional(),
  }),
  removeLayers: ours({
    op: described(z.literal('removeLayers'), 'Takes layers out; what read them reads what they read.'),
    layers: z.array(path).min(1, 'must name one layer or more'),
  }),
  setTrainable: ours({
    op: described(z.literal('setTrainable'), 'Freezes or unfreezes layers and everything inside them.'),
    layers: selection,
    trainable: z.boolean(),
  }),
  rename: ours({ op: described(z.literal('rename'), 'Gives a layer another name.'), layer: path, name: text }),
  loadWeights: ours({
    op: described(z.literal('loadWeights'), 'Takes the weights of a file, by layer name or in the order of the layers.'),
    from,
    by: z.enum(['name', 'order']),
  }),
  insertLayer: ours({
    op: described(z.literal('insertLayer'), 'Puts a new layer behind or before another one.'),
    class: layerClass,
    config: described(settings, 'What differs from the catalogue: `{ "units": 32 }`. Units and filters are as many as the layer reads.').exactOptional(),
    after, before, name: newName,
  }),
  moveLayer: ours({ op: described(z.literal('moveLayer'), 'Puts a layer elsewhere in the same model.'), layer: path, after, before }),
  duplicateLayer: ours({ op: described(z.literal('duplicateLayer'), 'Puts a copy of a layer behind it.'), layer: path, name: newName }),
  reinitialize: ours({ op: described(z.literal('reinitialize'), 'Draws the weights of layers anew by their initializers.'), layers: selection }),
  setActivation: ours({ op: described(z.literal('setActivation'), 'Another activation for a layer that has one.'), layer: path, activation }),
  setRate: ours({
    op: described(z.literal('setRate'), 'Another rate for a dropout layer.'),
    layer: path,
    rate: z.number().min(0, 'must be from 0 to 1').max(1, 'must be from 0 to 1'),
  }),
  setRegularizer: ours({
    op: described(z.literal('setRegularizer'), 'Another regularizer for a weight of a layer, or for its output.'),
    layer: path,
    weight: described(text, '`kernel`, `bias`, …, or `activity` for the output.'),
    regularizer: described(kerasObject('regularizer', ['L1', 'L2', 'L1L2']).nullable(), 'Keras name of the regularizer, a Keras config, or null for none.'),
  }),
  transplantWeights: ours({
    op: described(z.literal('transplantWeights'), 'Takes the weights of layers of another model.'),
    from,
    layers: described(z.record(text, text), 'Layer of this model to layer of the other one; by name, then by shape where it is left out.').exactOptional(),
  }),
  addOutput: ours({
    op: described(z.literal('addOutput'), 'One output more: what a layer gives, or a new Dense behind it.'),
    layer: path,
    units: described(count, 'Units of a new Dense that reads the layer; without, the layer itself is the output.').exactOptional(),
    activation: activation.exactOptional(),
    name: newName,
  }),
  cut: ours({ op: described(z.literal('cut'), 'Cuts the model in two behind a layer and keeps one part.'), layer: path, keep: z.enum(['before', 'after']) }),
  setClasses: ours({
    op: described(z.literal('setClasses'), 'Another number of classes; old ones keep what they have learned.'),
    classes: count,
    keep: described(z.array(index), 'Which old classes the first of the new ones are; all in their order where it is left out.').exactOptional(),
  }),
  setInputSize: ours({
    op: described(z.literal('setInputSize'), 'Another height and width for the input of a convolutional network.'),
    size: described(z.array(count.nullable()).min(1, 'must have one size or more'), 'One size for each spatial axis; null for any.'),
    input: described(text, 'Name of the input, where there are several.').exactOptional(),
  }),
  foldBatchNormalization: ours({
    op: described(z.literal('foldBatchNormalization'), 'Works BatchNormalizations into the layers before them, for export.'),
    layers: described(z.array(path).min(1, 'must name one layer or more'), 'Which ones; all that can be where it is left out.').exactOptional(),
  }),
} as const satisfies Forms;

/** One surgery step, as plans and processes hand it on. */
export const operation = z.discriminatedUnion(
  'op',
  Object.values(forms) as [typeof forms[OperationName], ...typeof forms[OperationName][]],
  `must have "op": ${Object.keys(forms).map((name) => `"${name}"`).join(', ')}`,
);
