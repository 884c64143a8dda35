import { initialize } from '../layers/initializers';
import { outputSpecs } from '../inspect/outputShapes';
import { parseLayer } from '../layers/registry';
import { sizeOf } from '../model/tensor';
import type { Layer, Model, Weight } from '../model/model';
import { RandomStream } from '../training/random';
import { decodeNumbers, encodeNumbers } from '../weights/decode';
import { editLayer } from './edit';
import { requireFit } from './fit';
import { denseBefore, outputLayers, type OutputLayer } from './head';
import type { Operation, OperationDefinition } from './operation';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';

type SetClasses = Extract<Operation, { op: 'setClasses' }>;

/** The setting that holds how many numbers a head gives, by its class. */
const widths: Readonly<Record<string, string>> = { Dense: 'units', Conv1D: 'filters', Conv2D: 'filters', Conv3D: 'filters' };

/** Another number of classes. Old classes keep what their units have learned; new units are drawn by the layer's initializers. */
export const setClasses: OperationDefinition<SetClasses> = {
  op: 'setClasses',
  apply(model, { classes, keep }, { seed }) {
    if (!Number.isInteger(classes) || classes < 1) throw refused('So many classes there cannot be.', { expected: 'a whole number from 1', received: String(classes), where: 'classes' });
    const { path, layer } = headOf(model);
    const key = widths[layer.className];
    const old = layer.weights.at(0)?.shape.at(-1) ?? 0;
    const kept = keep ?? Array.from({ length: Math.min(old, classes) }, (_, index) => index);
    requireKept(kept, { old, classes });
    if (old === classes && kept.every((from, to) => from === to)) throw refused('The model has that many classes already.', { expected: `another number than ${old}`, received: String(classes), where: 'classes' });
    const weights = resized(model, { path, layer }, { key, classes, kept, seed });
    const edited = editLayer(model, path, (each) => ({ ...each, config: { ...each.config, [key]: classes }, weights }));
    requireFit(edited);
    return { model: { ...refreshShapes(edited), optimizerVariables: [] }, undo: model };
  },
};

/** The layer that holds the classes: the output layer, or the one before an activation. */
function headOf(model: Model): Pick<OutputLayer, 'path' | 'layer'> {
  const outputs = outputLayers(model);
  const [output] = outputs;
  if (outputs.length !== 1) throw refused('The model has several outputs, so it is not clear whose classes are meant.', { expected: 'a model with one output', received: `${outputs.length} outputs` });
  const dense = denseBefore(output);
  const head = dense ? { path: output.path.slice(0, output.path.length - output.layer.name.length) + dense.name, layer: dense } : output;
  if (Object.hasOwn(widths, head.layer.className) && head.layer.opaque === undefined) return head;
  throw refused('The output layer has no classes.', { expected: `one of ${Object.keys(widths).join(', ')}, or an activation behind a Dense`, received: head.layer.className, where: head.path });
}

function requireKept(kept: readonly number[], { old, classes }: { readonly old: number; readonly classes: number }): void {
  const right = kept.length <= classes && new Set(kept).size === kept.length && kept.every((index) => Number.isInteger(index) && index >= 0 && index < old);
  if (!right) throw refused('These old classes cannot be kept.', { expected: `at most ${classes} different ones from 0 to ${old - 1}`, received: kept.join(', '), where: 'keep' });
}

interface Resize {
  readonly key: string;
  readonly classes: number;
  readonly kept: readonly number[];
  readonly seed: number;
}

function resized(model: Model, { path, layer }: Pick<OutputLayer, 'path' | 'layer'>, { key, classes, kept, seed }: Resize): Weight[] {
  const wider: Layer = { ...layer, config: { ...layer.config, [key]: classes } };
  const inputs = outputSpecs(model).reads.get(path);
  if (!inputs) throw refused('What the output layer reads has no known shape.', { expected: 'layers before it that can be run', where: path });
  const { definition, config } = parseLayer(wider, path);
  return definition.weights(config, inputs).map(({ name, shape, initializer }, index) => {
    const weight = layer.weights[index];
    const numbers = initialize(initializer, shape, new RandomStream(seed, `initialization/${path}/${name}`));
    const before = decodeNumbers(weight);
    const old = weight.shape.at(-1) ?? 1;
    const rows = sizeOf(shape) / classes;
    for (let row = 0; row < rows; row++) kept.forEach((from, to) => (numbers[row * classes + to] = before[row * old + from]));
    return { ...weight, shape, bytes: encodeNumbers(weight.dtype, numbers) };
  });
}
