import { inferenceOnly } from './inferenceOnly';
import type { LayerDefinition } from './layer';

/** Augmentations of Keras that are not carried out here. */
export const inferenceOnlyLayers: readonly LayerDefinition<unknown>[] = [
  'AugMix', 'CutMix', 'Equalization', 'MixUp', 'RandAugment', 'RandomElasticTransform', 'RandomPerspective',
].map(inferenceOnly);
