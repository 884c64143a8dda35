import type { Network } from '../model/model';
import { dataOf, tensorsOf } from './edit';
import { renameIn } from './rename';

/**
 * Keras makes the mask of an Embedding anew, by its own name for it, where a layer that takes one is called without; the nodes of
 * the file that make it already may bear that name, and Keras loads no model with a name twice. They get names that Keras gives nobody.
 */
export function withOwnMaskNames(network: Network): Network {
  const taken = new Set(network.layers.map(({ name }) => name));
  return maskNodes(network).filter((name) => /^(not_equal|any)(_\d+)?$/.test(name)).reduce((current, name) => {
    let free = `mask_${name}`;
    while (taken.has(free)) free = `${free}_`;
    taken.add(free);
    return renameIn(current, name, free);
  }, network);
}

/** Operations that masks come from. */
function maskNodes(network: Network): string[] {
  const operations = new Set(network.layers.filter(({ operation }) => operation).map(({ name }) => name));
  const read = network.calls.flatMap((call) => {
    const data = new Set(dataOf(call));
    return tensorsOf(call).filter((ref) => !data.has(ref)).map(({ layer }) => layer);
  });
  const found = new Set(read.filter((name) => operations.has(name)));
  // Calls come after what they read.
  for (const call of [...network.calls].reverse()) {
    if (found.has(call.layer)) tensorsOf(call).filter(({ layer }) => operations.has(layer)).forEach(({ layer }) => found.add(layer));
  }
  return [...found];
}
