import type { Model, Network } from '../model/model';
import { walkLayers } from '../model/model';

/** `base`, `base_1`, … : the first that no layer, operation or input of the model has. `freed` are names of layers that go. */
export function freeName(model: Model, base: string, freed: ReadonlySet<string> = new Set()): string {
  const taken = new Set<string>();
  const collect = ({ layers, inputs }: Network): void => {
    layers.forEach(({ name }) => taken.add(name));
    inputs.forEach(({ ref }) => taken.add(ref.layer));
  };
  collect(model.root.network);
  for (const { layer } of walkLayers(model)) if (layer.network) collect(layer.network);
  let free = base;
  for (let number = 1; taken.has(free) && !freed.has(free); number++) free = `${base}_${number}`;
  return free;
}

/** Keras' name of a new layer: `Conv2D` gives `conv2d`, `BatchNormalization` gives `batch_normalization`. */
export function snakeName(className: string): string {
  return className.replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}
