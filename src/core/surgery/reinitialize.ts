import { SurgeryError } from '../errors';
import { outputSpecs } from '../inspect/outputShapes';
import { ownWeights } from '../layers/forward';
import type { KerasShape } from '../layers/layer';
import { parseLayer } from '../layers/registry';
import type { Layer } from '../model/model';
import { mapLayers } from './edit';
import { drawWeights } from './newLayer';
import type { Operation, OperationDefinition } from './operation';
import { refused } from './refuse';
import { resolveSelection } from './selection';

type Reinitialize = Extract<Operation, { op: 'reinitialize' }>;

/** Draws the weights of layers, and of all inside them, anew by their own initializers; moving statistics start over too. */
export const reinitialize: OperationDefinition<Reinitialize> = {
  op: 'reinitialize',
  apply(model, { layers }, { seed }) {
    const chosen = resolveSelection(model, layers);
    const { reads } = outputSpecs(model);
    const isChosen = (path: string): boolean => chosen.some((each) => path === each || path.startsWith(`${each}/`));
    let drawn = 0;
    const edited = mapLayers(model, (layer, path) => {
      if (!isChosen(path) || layer.network || layer.weights.length === 0) return layer;
      drawn += 1;
      return fresh(layer, path, { inputs: reads.get(path), seed });
    });
    if (drawn === 0) throw refused('None of these layers has weights.', { expected: 'a layer with weights', received: chosen.join(', ') || 'nothing', where: 'layers' });
    return { model: { ...edited, optimizerVariables: [] }, undo: model };
  },
};

function fresh(layer: Layer, path: string, { inputs, seed }: { readonly inputs: readonly KerasShape[] | undefined; readonly seed: number }): Layer {
  const own = new Set(ownWeights(path, layer).map(({ weight }) => weight));
  if (own.size === 0) return layer;
  const { definition, config } = parseLayer(layer, path);
  if (!inputs) throw refused('What the layer reads has no known shape, so its weights cannot be drawn.', { expected: 'layers before it that can be run', where: path });
  const specs = definition.weights(config, inputs);
  if (specs.length !== own.size) throw new SurgeryError('weight-mismatch', 'The layer has another number of weights than its class.', { expected: `${specs.length}`, received: `${own.size}`, where: path });
  const drawn = drawWeights({ ...layer, weights: [...own] }, specs, { path, seed });
  const left = drawn[Symbol.iterator]();
  return { ...layer, weights: layer.weights.map((weight) => (own.has(weight) ? left.next().value ?? weight : weight)) };
}
