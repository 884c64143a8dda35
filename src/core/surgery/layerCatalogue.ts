import type { JsonObject } from '../model/json';

/** A layer that may be inserted, and what it is made with where nothing else is said. */
export interface CatalogueEntry {
  readonly class: string;
  /** What differs from Keras' defaults. */
  readonly config: JsonObject;
  /** The setting that takes as many as the layer reads, so that what follows still fits: `units`, `filters`. */
  readonly asWide?: string;
}

const plain = (...classes: readonly string[]): CatalogueEntry[] => classes.map((name) => ({ class: name, config: {} }));
const inRanks = (name: string, config: JsonObject, more: Pick<CatalogueEntry, 'asWide'> = {}): CatalogueEntry[] =>
  [1, 2, 3].map((rank) => ({ class: `${name}${rank}D`, config, ...more }));

/**
 * What `insertLayer` offers, in the order in which it is offered: layers with one input that run in training. A list of its
 * own, so that menus need not load the layers; a test holds it to what these can do.
 */
export const layerCatalogue: readonly CatalogueEntry[] = [
  { class: 'Dense', config: { activation: 'relu' }, asWide: 'units' },
  { class: 'Dropout', config: { rate: 0.5 } },
  ...plain('BatchNormalization', 'LayerNormalization'),
  { class: 'Activation', config: { activation: 'relu' } },
  ...inRanks('Conv', { kernel_size: 3, padding: 'same', activation: 'relu' }, { asWide: 'filters' }),
  { class: 'SeparableConv1D', config: { kernel_size: 3, padding: 'same', activation: 'relu' }, asWide: 'filters' },
  { class: 'SeparableConv2D', config: { kernel_size: 3, padding: 'same', activation: 'relu' }, asWide: 'filters' },
  { class: 'DepthwiseConv1D', config: { kernel_size: 3, padding: 'same' } },
  { class: 'DepthwiseConv2D', config: { kernel_size: 3, padding: 'same' } },
  ...inRanks('MaxPooling', { pool_size: 2 }),
  ...inRanks('AveragePooling', { pool_size: 2 }),
  ...inRanks('GlobalAveragePooling', {}),
  ...inRanks('GlobalMaxPooling', {}),
  ...plain('Flatten', 'ReLU', 'LeakyReLU', 'ELU', 'PReLU', 'Softmax'),
  ...inRanks('SpatialDropout', { rate: 0.5 }),
  { class: 'GaussianNoise', config: { stddev: 0.1 } },
  { class: 'GaussianDropout', config: { rate: 0.5 } },
  { class: 'AlphaDropout', config: { rate: 0.5 } },
  { class: 'GroupNormalization', config: { groups: -1 } },
  ...plain('RMSNormalization', 'UnitNormalization'),
  { class: 'Rescaling', config: { scale: 1 / 255, offset: 0 } },
  ...inRanks('ZeroPadding', { padding: 1 }),
  ...inRanks('Cropping', { cropping: 1 }),
  ...inRanks('UpSampling', { size: 2 }),
  { class: 'Reshape', config: { target_shape: [-1] } },
  { class: 'RepeatVector', config: { n: 1 } },
  { class: 'Permute', config: { dims: [1] } },
  ...['LSTM', 'GRU', 'SimpleRNN'].map((name): CatalogueEntry => ({ class: name, config: {}, asWide: 'units' })),
  { class: 'RandomFlip', config: { mode: 'horizontal' } },
  { class: 'RandomRotation', config: { factor: 0.1 } },
  { class: 'RandomZoom', config: { height_factor: 0.1 } },
  { class: 'RandomTranslation', config: { height_factor: 0.1, width_factor: 0.1 } },
  ...plain('Identity'),
];
