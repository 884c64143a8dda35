import { ownWeights } from '../layers/forward';
import { isEffectivelyTrainable, type Model, walkLayers, type Weight, weightPaths } from '../model/model';
import type { Tensor } from '../model/tensor';
import type { Tensors } from '../ports';
import { mapLayers } from '../surgery/edit';
import { decodeNumbers, encodeNumbers } from '../weights/decode';

/** A variable of a model and what training may do to it. */
export interface ModelVariable {
  /** `layer path/variable` */
  readonly path: string;
  readonly weight: Weight;
  /** Effective flag of its layer: with it a moving statistic may move. */
  readonly layerTrainable: boolean;
  /** It takes a gradient: its layer is trainable and so is its kind. */
  readonly trainable: boolean;
}

/** Every variable in Keras' order of `model.weights`, states of random generators left out. */
export function modelVariables(model: Model): ModelVariable[] {
  return [...walkLayers(model)].flatMap((placed) => {
    const layerTrainable = isEffectivelyTrainable(placed);
    return ownWeights(placed.path, placed.layer).map(({ path, weight }) => ({
      path, weight, layerTrainable, trainable: layerTrainable && weight.trainable,
    }));
  });
}

/** A model whose variables of these paths hold these numbers, stored in their own element types. A weight whose numbers did
 *  not change keeps its bytes, so that one stored in float64 loses nothing by having been looked at in float32. */
export function withWeights(model: Model, tensors: Tensors): Model {
  return mapLayers(model, (layer, path) => {
    const paths = weightPaths(path, layer);
    if (!paths.some((name) => Object.hasOwn(tensors, name))) return layer;
    return { ...layer, weights: layer.weights.map((weight, index) => withNumbers(weight, tensors[paths[index] ?? ''])) };
  });
}

/** A model with the weights of another one that has the same layers; flags and settings stay. */
export function withWeightsOf(model: Model, other: Model): Model {
  const weights = new Map([...walkLayers(other)].map(({ path, layer }) => [path, layer.weights]));
  return mapLayers(model, (layer, path) => ({ ...layer, weights: weights.get(path) ?? layer.weights }));
}

function withNumbers(weight: Weight, tensor: Tensor | undefined): Weight {
  if (!tensor) return weight;
  const before = Float32Array.from(decodeNumbers(weight));
  const same = before.every((number, index) => Object.is(number, tensor.data[index]));
  return same ? weight : { ...weight, bytes: encodeNumbers(weight.dtype, tensor.data) };
}
