import { SurgeryError } from '../errors';
import type { Layer } from '../model/model';
import { activationLayer } from './activation';
import { activityRegularizationLayer } from './activityRegularization';
import { addLayer } from './add';
import { averageLayer } from './average';
import { averagePooling2DLayer } from './averagePooling2D';
import { batchNormalizationLayer } from './batchNormalization';
import { concatenateLayer } from './concatenate';
import { conv2DLayer } from './conv2D';
import { denseLayer } from './dense';
import { dropoutLayer } from './dropout';
import { eluLayer } from './elu';
import { flattenLayer } from './flatten';
import { globalAveragePooling2DLayer } from './globalAveragePooling2D';
import { globalMaxPooling2DLayer } from './globalMaxPooling2D';
import { identityLayer } from './identity';
import { inputLayer } from './inputLayer';
import type { LayerDefinition } from './layer';
import { leakyReluLayer } from './leakyRelu';
import { maximumLayer } from './maximum';
import { maxPooling2DLayer } from './maxPooling2D';
import { minimumLayer } from './minimum';
import { multiplyLayer } from './multiply';
import { reluLayer } from './relu';
import { rescalingLayer } from './rescaling';
import { reshapeLayer } from './reshapeLayer';
import { softmaxLayer } from './softmax';
import { subtractLayer } from './subtract';
import { zeroPadding2DLayer } from './zeroPadding2D';

/** Every layer class that can be run, Sequential and Functional apart. */
export const layerDefinitions: readonly LayerDefinition<unknown>[] = [
  activationLayer,
  activityRegularizationLayer,
  addLayer,
  averageLayer,
  averagePooling2DLayer,
  batchNormalizationLayer,
  concatenateLayer,
  conv2DLayer,
  denseLayer,
  dropoutLayer,
  eluLayer,
  flattenLayer,
  globalAveragePooling2DLayer,
  globalMaxPooling2DLayer,
  identityLayer,
  inputLayer,
  leakyReluLayer,
  maximumLayer,
  maxPooling2DLayer,
  minimumLayer,
  multiplyLayer,
  reluLayer,
  rescalingLayer,
  reshapeLayer,
  softmaxLayer,
  subtractLayer,
  zeroPadding2DLayer,
];

const byClass = new Map(layerDefinitions.map((definition) => [definition.className, definition]));

/** The definition of a layer class and the config that it made of this layer's. */
export interface ParsedLayer {
  readonly definition: LayerDefinition<unknown>;
  readonly config: unknown;
}

/**
 * The definition that runs a layer, with its config parsed. `path` is for the error: `layer-opaque` where the layer can be
 * shown and kept but not run, `config-invalid` or `unsupported` from its config.
 */
export function parseLayer(layer: Layer, path: string): ParsedLayer {
  const definition = byClass.get(layer.className);
  if (!definition || layer.opaque !== undefined) {
    throw new SurgeryError('layer-opaque', `The layer ${path} cannot be run.`, {
      expected: `a layer of ${[...byClass.keys()].join(', ')}`,
      received: layer.opaque ?? layer.className,
      where: path,
    });
  }
  return { definition, config: definition.parse(layer.config, path) };
}

/** Why a layer cannot be run; undefined for one that can, and for a network, whose layers answer for themselves. */
export function whyOpaque(layer: Layer): string | undefined {
  if (layer.opaque !== undefined || layer.network) return layer.opaque;
  const definition = byClass.get(layer.className);
  if (!definition) return `no layer class ${layer.className} is known`;
  try {
    definition.parse(layer.config, layer.name);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof SurgeryError)) throw thrown;
    return [thrown.message, ...(thrown.where === undefined ? [] : [`(${thrown.where})`])].join(' ');
  }
}
