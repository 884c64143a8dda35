import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/core/model/json';
import type { Layer, Model, Network } from '../../src/core/model/model';
import { encodeNumbers } from '../../src/core/weights/decode';

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface GoldenLayer {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
  readonly trainable: boolean;
  readonly weights: readonly (GoldenTensor & { readonly name: string; readonly trainable: boolean })[];
  /** A node of `keras.ops`. */
  readonly operation?: true;
  readonly network?: Omit<Network, 'layers'> & { readonly layers: readonly GoldenLayer[] };
}

/** What real Keras says of a model and computes with it; written by test/keras/networks.py. */
export interface GoldenNetwork {
  readonly root: GoldenLayer;
  readonly feeds: Readonly<Record<string, GoldenTensor>>;
  readonly inference: Readonly<Record<string, GoldenTensor>>;
  readonly losses: readonly number[];
  readonly facts: readonly { path: string; parameters: number; outputShape: readonly (number | null)[]; trainable: boolean }[];
  readonly parameters: { readonly total: number; readonly trainable: number };
  readonly outputShapes: readonly (readonly (number | null)[])[];
  readonly training?: { readonly outputs: Readonly<Record<string, GoldenTensor>>; readonly moved: Readonly<Record<string, GoldenTensor>> };
}

export function goldenNetwork(name: string): GoldenNetwork {
  return JSON.parse(readFileSync(new URL(`../keras/golden/networks/${name}.json`, import.meta.url), 'utf8')) as GoldenNetwork;
}

/** The golden's graph as the model that a reader of files would give. */
export function goldenModel({ root }: GoldenNetwork): Model {
  const layer = toLayer(root);
  if (!layer.network) throw new Error('the root of a golden is a network');
  return {
    root: { ...layer, network: layer.network },
    compile: null,
    compileConfig: null,
    optimizerVariables: [],
    format: 'keras',
    kerasVersion: '3.15.1',
    problems: [],
  };
}

function toLayer({ name, className, config, trainable, weights, operation, network }: GoldenLayer): Layer {
  return {
    name,
    className,
    config,
    trainable,
    envelope: {},
    weights: weights.map((weight) => ({
      name: weight.name,
      shape: weight.shape,
      dtype: 'float32',
      trainable: weight.trainable,
      bytes: encodeNumbers('float32', weight.data),
    })),
    ...(operation ? { operation } : {}),
    ...(network ? { network: { ...network, layers: network.layers.map(toLayer) } } : {}),
  };
}
