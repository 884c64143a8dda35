import type { LayerSelection, Operation } from './operation';

/** Layers that an operation names, and the keys of the operation where they stand. */
export interface Mention {
  readonly keys: readonly (string | number)[];
  readonly layers: LayerSelection;
}

/** The keys under which operations name layers. */
const layerKeys = ['layer', 'layers', 'after', 'before'] as const;

/** Every layer of the model that an operation names. */
export function mentionsOf(operation: Operation): Mention[] {
  const fields = operation as Readonly<Partial<Record<(typeof layerKeys)[number], unknown>>>;
  return layerKeys.flatMap((key): Mention[] => {
    const value = fields[key];
    if (value === undefined) return [];
    if (typeof value === 'string' && key !== 'layers') return [{ keys: [key], layers: [value] }];
    // Of a transplant the keys are layers of the model, the values those of the other one.
    if (operation.op === 'transplantWeights') return Object.keys(operation.layers ?? {}).map((path) => ({ keys: [key, path], layers: [path] }));
    return [{ keys: [key], layers: value as LayerSelection }];
  });
}
