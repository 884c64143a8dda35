import { SurgeryError } from '../errors';
import type { Layer, Model, PlacedLayer, Weight } from '../model/model';
import { walkLayers } from '../model/model';
import { mapLayers } from './edit';
import type { Operation, OperationDefinition } from './operation';

type LoadWeights = Extract<Operation, { op: 'loadWeights' }>;

/** Takes the weights of another file, by layer path (others stay as they are) or in the order of the layers that have any. */
export const loadWeights: OperationDefinition<LoadWeights> = {
  op: 'loadWeights',
  async apply(model, { from, by }, context) {
    if (!context.readWeights) {
      throw new SurgeryError('operation-refused', 'Weights cannot be read here.', { expected: 'a context that reads files', where: from });
    }
    const read = await context.readWeights(from, { model, by });
    const source = weighted(read);
    const sources = by === 'name' || read.placed ? byName(model, source, from) : byOrder(model, source, from);
    if (model.untrained) requireAll(model, sources, from);
    const edited = mapLayers(model, (layer, path) => takeWeights(layer, sources.get(path), { path, anyType: model.untrained === true }));
    return { model: { ...edited, optimizerVariables: [], ...(model.untrained ? { untrained: false } : {}) }, undo: model };
  },
};

function weighted(model: Model): PlacedLayer[] {
  return [...walkLayers(model)].filter(({ layer }) => layer.weights.length > 0);
}

function byName(model: Model, source: readonly PlacedLayer[], from: string): Map<string, PlacedLayer> {
  const paths = new Set(weighted(model).map(({ path }) => path));
  const found = source.filter(({ path }) => paths.has(path));
  if (found.length > 0) return new Map(found.map((placed) => [placed.path, placed]));
  throw new SurgeryError('weight-missing', 'No layer of the weights file has the name of a layer of the model.', {
    expected: [...paths].slice(0, 5).join(', '),
    received: source.slice(0, 5).map(({ path }) => path).join(', ') || 'no weights',
    where: from,
  });
}

function byOrder(model: Model, source: readonly PlacedLayer[], from: string): Map<string, PlacedLayer> {
  const targets = weighted(model);
  if (targets.length !== source.length) {
    throw new SurgeryError('weight-mismatch', 'The weights file has another number of layers with weights.', {
      expected: `${targets.length} layers with weights`,
      received: `${source.length}`,
      where: from,
    });
  }
  return new Map(targets.flatMap(({ path }, index) => {
    const placed = source.at(index);
    return placed ? [[path, placed] as const] : [];
  }));
}

/** An architecture has no weights of its own to fall back on. */
function requireAll(model: Model, sources: ReadonlyMap<string, PlacedLayer>, from: string): void {
  const lacking = weighted(model).find(({ path }) => !sources.has(path));
  if (!lacking) return;
  throw new SurgeryError('weight-missing', 'The weights file has none for a layer of the architecture.', { expected: `weights of ${lacking.path}`, received: [...sources.keys()].join(', ').slice(0, 200) || 'none', where: from });
}

interface Taking {
  readonly path: string;
  /** The element type is the file's. */
  readonly anyType: boolean;
}

function takeWeights(layer: Layer, source: PlacedLayer | undefined, taking: Taking): Layer {
  const { path } = taking;
  if (!source) return layer;
  const given = source.layer.weights;
  if (given.length !== layer.weights.length) {
    throw new SurgeryError('weight-mismatch', 'A layer has another number of weights in the file.', {
      expected: `${layer.weights.length} weights`,
      received: `${given.length}`,
      where: path,
    });
  }
  return { ...layer, weights: layer.weights.map((weight, index) => takeWeight(weight, given.at(index), taking)) };
}

function takeWeight(weight: Weight, given: Weight | undefined, { path, anyType }: Taking): Weight {
  if (given && (anyType || given.dtype === weight.dtype) && JSON.stringify(given.shape) === JSON.stringify(weight.shape)) {
    return { ...weight, dtype: given.dtype, bytes: given.bytes };
  }
  const show = (of: Weight | undefined): string => (of ? `${of.dtype} [${of.shape.join(', ')}]` : 'nothing');
  throw new SurgeryError('weight-mismatch', 'A weight of the file does not fit.', {
    expected: show(weight),
    received: show(given),
    where: `${path}/${weight.name}`,
  });
}
