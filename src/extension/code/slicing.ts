import type { Inspection } from '../../core/inspect/inspection';
import type { Slice } from './pythonCode';

/** Paths of the layers that `model.layers[a:b]` means in Keras: those of the outermost model, in their order. */
export function slicedLayers({ layers }: Pick<Inspection, 'layers'>, { start, stop }: Slice): string[] {
  return layers.filter(({ path, name }) => path === name).map(({ path }) => path).slice(start ?? 0, stop ?? undefined);
}
