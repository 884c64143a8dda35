import type { Argument, Layer, Model, Network, TensorRef } from '../model/model';

/** How the layers of a model, and of each model inside it, follow each other. */
export interface ModelGraph {
  /** The outermost first, its path empty; then each nested model, after the one that holds it. */
  readonly networks: readonly NetworkGraph[];
}

export interface NetworkGraph {
  /** Of the nested model's layer. */
  readonly path: string;
  /** Paths from and to, each pair once: a layer that is shared stands once, however often it is called. */
  readonly edges: readonly (readonly [from: string, to: string])[];
  /** Operations of Keras between layers (`a + b`): they have no weights and no flag, and `inspect` does not list them. */
  readonly operations: readonly { readonly path: string; readonly name: string }[];
}

export function modelGraph(model: Model): ModelGraph {
  return { networks: [...walkNetworks(model.root, '')] };
}

function* walkNetworks({ network }: Layer, path: string): Generator<NetworkGraph> {
  if (!network) return;
  const prefix = path === '' ? '' : `${path}/`;
  yield { path, edges: edgesOf(network, prefix), operations: network.layers.filter(({ operation }) => operation).map(({ name, className }) => ({ path: prefix + name, name: className })) };
  for (const layer of network.layers) yield* walkNetworks(layer, prefix + layer.name);
}

function edgesOf(network: Network, prefix: string): [string, string][] {
  // A Sequential's input tensor is of no layer.
  const known = new Set(network.layers.map(({ name }) => name));
  const edges = new Map<string, [string, string]>();
  for (const { layer, args, kwargs } of network.calls) {
    for (const from of [...args, ...Object.values(kwargs)].flatMap(tensorsIn)) {
      if (known.has(from.layer)) edges.set(JSON.stringify([from.layer, layer]), [prefix + from.layer, prefix + layer]);
    }
  }
  return [...edges.values()];
}

function tensorsIn(argument: Argument): readonly TensorRef[] {
  switch (argument.kind) {
    case 'tensor': return [argument];
    case 'list': return argument.items.flatMap(tensorsIn);
    case 'dict': return Object.values(argument.items).flatMap(tensorsIn);
    case 'value': return [];
  }
}
