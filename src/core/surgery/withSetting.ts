import type { Json } from '../model/json';
import type { Layer, Model } from '../model/model';
import { editLayer, keepOptimizer } from './edit';
import { requireFit } from './fit';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';

/** The model with one setting of a layer changed; the weights stay. Throws `shape-mismatch` where what follows does not fit any more. */
export function withSetting(model: Model, path: string, change: Readonly<Record<string, Json>>): Model {
  const edited = editLayer(model, path, (layer) => ({ ...layer, config: { ...layer.config, ...change } }));
  requireFit(edited);
  return keepOptimizer(model, refreshShapes(edited));
}

/** A layer whose settings are known: no network, and none whose class cannot be run. Throws `operation-refused`. */
export function requireSettings(layer: Layer, path: string): void {
  if (layer.network) throw refused('A model has no settings of its own.', { expected: 'a layer', received: layer.className, where: path });
  if (layer.opaque !== undefined) throw refused('The settings of this layer are not known.', { expected: 'a layer that can be run', received: layer.opaque, where: path });
}
