import type { Layer, Model } from '../model/model';
import { walkLayers } from '../model/model';
import { findLayer, keepOptimizer, mapLayers } from './edit';

/** Sets the layers' own flag and that of everything inside them, as Keras does. The paths are known ones. */
export function setFlags(model: Model, paths: readonly string[], trainable: boolean): Model {
  paths.forEach((path) => findLayer(model, path));
  const chosen = new Set(paths);
  const edited = mapLayers(model, (layer, path) => (chosen.has(path) ? setInside(layer, trainable) : layer));
  return keepOptimizer(model, edited);
}

function setInside(layer: Layer, trainable: boolean): Layer {
  const network = layer.network && { ...layer.network, layers: layer.network.layers.map((inner) => setInside(inner, trainable)) };
  return { ...layer, trainable, ...(network ? { network } : {}) };
}

/**
 * Freezes these layers with all inside them; every other layer, and the root, is trainable. A parent that is not named stays
 * trainable even where all of its children are frozen, so that exactly what was asked for is effectively frozen.
 */
export function applyFreeze(model: Model, frozen: readonly string[]): Model {
  const paths = [...walkLayers(model)].map(({ path }) => path);
  const open = setFlags({ ...model, root: { ...model.root, trainable: true } }, paths, true);
  return keepOptimizer(model, setFlags(open, frozen, false));
}
