import type { Layer, Network } from '../model/model';
import { containers, earlyCount, layerGroups } from './kerasPaths';

/** Where Keras 3 keeps files of layers inside a `.keras` archive; below it the paths are those of the weights file. */
const root = 'assets';

type Files = Readonly<Record<string, Uint8Array>>;

/** Gives every layer its files. `container` is the name of the groups that hold layers. */
export function attachAssets(network: Network, files: Files, container: string): Network {
  return attach(network, files, `${root}/${container}`, container);
}

function attach(network: Network, files: Files, place: string, container: string): Network {
  const counts = container === containers.early ? (layer: Layer): number => earlyCount(hasWeights(layer)) : undefined;
  const groups = new Map(layerGroups(network, counts).map(({ layer, group }) => [layer.name, `${place}/${group}`]));
  const layers = network.layers.map((layer): Layer => {
    const group = groups.get(layer.name);
    const inside = layer.network && group !== undefined ? { ...layer, network: attach(layer.network, files, `${group}/${container}`, container) } : layer;
    const own = group === undefined ? {} : filesBelow(files, `${group}/`, inside.network ? `${container}/` : undefined);
    return Object.keys(own).length === 0 ? inside : { ...inside, assets: own };
  });
  return { ...network, layers };
}

function hasWeights({ weights, network }: Layer): boolean {
  return weights.length > 0 || (network?.layers.some(hasWeights) ?? false);
}

function filesBelow(files: Files, prefix: string, but: string | undefined): Files {
  const below = Object.entries(files).filter(([name]) => name.startsWith(prefix)).map(([name, bytes]): [string, Uint8Array] => [name.slice(prefix.length), bytes]);
  return Object.fromEntries(below.filter(([name]) => but === undefined || !name.startsWith(but)));
}

/** The members of an archive that hold the layers' files, by name. */
export function assetMembers(network: Network, place = `${root}/layers`): Files {
  const parts = layerGroups(network).flatMap(({ layer, group }): [string, Uint8Array][] => {
    const own = Object.entries(layer.assets ?? {}).map(([name, bytes]): [string, Uint8Array] => [`${place}/${group}/${name}`, bytes]);
    return [...own, ...(layer.network ? Object.entries(assetMembers(layer.network, `${place}/${group}/layers`)) : [])];
  });
  return Object.fromEntries(parts);
}

/** What of `files` no layer of the network took. */
export function filesOfNobody(network: Network, files: Files): Files {
  const taken = new Set(takenIn(network));
  return Object.fromEntries(Object.entries(files).filter(([, bytes]) => !taken.has(bytes)));
}

function takenIn({ layers }: Network): Uint8Array[] {
  return layers.flatMap(({ assets, network }) => [...Object.values(assets ?? {}), ...(network ? takenIn(network) : [])]);
}
