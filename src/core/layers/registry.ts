import { SurgeryError } from '../errors';
import { layerFromConfig } from '../formats/kerasConfig';
import type { JsonObject } from '../model/json';
import type { Layer } from '../model/model';
import { activationLayer } from './activation';
import { activityRegularizationLayer } from './activityRegularization';
import { adaptiveAveragePooling1DLayer } from './adaptiveAveragePooling1D';
import { adaptiveAveragePooling2DLayer } from './adaptiveAveragePooling2D';
import { adaptiveAveragePooling3DLayer } from './adaptiveAveragePooling3D';
import { adaptiveMaxPooling1DLayer } from './adaptiveMaxPooling1D';
import { adaptiveMaxPooling2DLayer } from './adaptiveMaxPooling2D';
import { adaptiveMaxPooling3DLayer } from './adaptiveMaxPooling3D';
import { addLayer } from './add';
import { additiveAttentionLayer } from './additiveAttention';
import { alphaDropoutLayer } from './alphaDropout';
import { attentionLayer } from './attention';
import { autoContrastLayer } from './autoContrast';
import { averageLayer } from './average';
import { averagePooling1DLayer } from './averagePooling1D';
import { averagePooling2DLayer } from './averagePooling2D';
import { averagePooling3DLayer } from './averagePooling3D';
import { batchNormalizationLayer } from './batchNormalization';
import { bidirectional } from './bidirectional';
import { categoryEncodingLayer } from './categoryEncoding';
import { centerCropLayer } from './centerCrop';
import { concatenateLayer } from './concatenate';
import { conv1DLayer } from './conv1D';
import { conv1DTransposeLayer } from './conv1DTranspose';
import { conv2DLayer } from './conv2D';
import { conv2DTransposeLayer } from './conv2DTranspose';
import { conv3DLayer } from './conv3D';
import { conv3DTransposeLayer } from './conv3DTranspose';
import type { CallArguments } from './callArguments';
import { cropping1DLayer } from './cropping1D';
import { cropping2DLayer } from './cropping2D';
import { cropping3DLayer } from './cropping3D';
import { customScaleLayer } from './customScaleLayer';
import { denseLayer } from './dense';
import { depthwiseConv1DLayer } from './depthwiseConv1D';
import { depthwiseConv2DLayer } from './depthwiseConv2D';
import { discretizationLayer } from './discretization';
import { dotLayer } from './dot';
import { dropoutLayer } from './dropout';
import { einsumDenseLayer } from './einsumDense';
import { eluLayer } from './elu';
import { embeddingLayer } from './embedding';
import { flattenLayer } from './flatten';
import { gaussianDropoutLayer } from './gaussianDropout';
import { gaussianNoiseLayer } from './gaussianNoise';
import { globalAveragePooling1DLayer } from './globalAveragePooling1D';
import { globalAveragePooling2DLayer } from './globalAveragePooling2D';
import { globalAveragePooling3DLayer } from './globalAveragePooling3D';
import { globalMaxPooling1DLayer } from './globalMaxPooling1D';
import { globalMaxPooling2DLayer } from './globalMaxPooling2D';
import { globalMaxPooling3DLayer } from './globalMaxPooling3D';
import { groupQueryAttentionLayer } from './groupQueryAttention';
import { groupNormalizationLayer } from './groupNormalization';
import { convLstm1DLayer } from './convLstm1D';
import { convLstm2DLayer } from './convLstm2D';
import { convLstm3DLayer } from './convLstm3D';
import { gruLayer } from './gru';
import { lstmLayer } from './lstm';
import { rnnLayer } from './rnn';
import { simpleRnnLayer } from './simpleRnn';
import { hashedCrossingLayer } from './hashedCrossing';
import { hashingLayer } from './hashing';
import { identityLayer } from './identity';
import { inferenceOnlyLayers } from './inferenceOnlyLayers';
import { type Inner, innerLayer } from './inner';
import { innerNetwork } from './innerNetwork';
import { inputLayer } from './inputLayer';
import { integerLookupLayer } from './integerLookup';
import type { LayerDefinition } from './layer';
import { layerNormalizationLayer } from './layerNormalization';
import { layerScaleLayer } from './layerScale';
import { leakyReluLayer } from './leakyRelu';
import { maskingLayer } from './masking';
import { maximumLayer } from './maximum';
import { maxPooling1DLayer } from './maxPooling1D';
import { maxPooling2DLayer } from './maxPooling2D';
import { maxPooling3DLayer } from './maxPooling3D';
import { melSpectrogramLayer } from './melSpectrogram';
import { minimumLayer } from './minimum';
import { multiHeadAttentionLayer } from './multiHeadAttention';
import { multiplyLayer } from './multiply';
import { normalizationLayer } from './normalization';
import { notRun } from './notRun';
import { operationsNotRun } from './operations/notRun';
import { operationDefinitions } from './operations/registry';
import { permuteLayer } from './permute';
import { pipeline } from './pipeline';
import { preluLayer } from './prelu';
import { randomBrightnessLayer } from './randomBrightness';
import { randomContrastLayer } from './randomContrast';
import { randomCropLayer } from './randomCrop';
import { randomFlipLayer } from './randomFlip';
import { randomRotationLayer } from './randomRotation';
import { randomTranslationLayer } from './randomTranslation';
import { randomZoomLayer } from './randomZoom';
import { randomColorDegenerationLayer } from './randomColorDegeneration';
import { randomColorJitterLayer } from './randomColorJitter';
import { randomErasingLayer } from './randomErasing';
import { randomGaussianBlurLayer } from './randomGaussianBlur';
import { randomGrayscaleLayer } from './randomGrayscale';
import { randomHueLayer } from './randomHue';
import { randomInvertLayer } from './randomInvert';
import { randomPosterizationLayer } from './randomPosterization';
import { randomSaturationLayer } from './randomSaturation';
import { randomSharpnessLayer } from './randomSharpness';
import { randomShearLayer } from './randomShear';
import { solarizationLayer } from './solarization';
import { reluLayer } from './relu';
import { repeatVectorLayer } from './repeatVector';
import { rescalingLayer } from './rescaling';
import { reshapeLayer } from './reshapeLayer';
import { resizingLayer } from './resizing';
import { reversibleEmbeddingLayer } from './reversibleEmbedding';
import { rmsNormalizationLayer } from './rmsNormalization';
import { separableConv1DLayer } from './separableConv1D';
import { separableConv2DLayer } from './separableConv2D';
import { softmaxLayer } from './softmax';
import { spatialDropout1DLayer } from './spatialDropout1D';
import { spatialDropout2DLayer } from './spatialDropout2D';
import { spatialDropout3DLayer } from './spatialDropout3D';
import { spectralNormalization } from './spectralNormalization';
import { stftSpectrogramLayer } from './stftSpectrogram';
import { stochasticDepthLayer } from './stochasticDepth';
import { stringLookupLayer } from './stringLookup';
import { subtractLayer } from './subtract';
import { textVectorizationLayer } from './textVectorization';
import { timeDistributed } from './timeDistributed';
import { unitNormalizationLayer } from './unitNormalization';
import { upSampling1DLayer } from './upSampling1D';
import { upSampling2DLayer } from './upSampling2D';
import { upSampling3DLayer } from './upSampling3D';
import { zeroPadding1DLayer } from './zeroPadding1D';
import { zeroPadding2DLayer } from './zeroPadding2D';
import { zeroPadding3DLayer } from './zeroPadding3D';

/** Every layer class that can be run, Sequential and Functional apart. */
export const layerDefinitions: readonly LayerDefinition<unknown>[] = [
  activationLayer,
  activityRegularizationLayer,
  adaptiveAveragePooling1DLayer,
  adaptiveAveragePooling2DLayer,
  adaptiveAveragePooling3DLayer,
  adaptiveMaxPooling1DLayer,
  adaptiveMaxPooling2DLayer,
  adaptiveMaxPooling3DLayer,
  addLayer,
  additiveAttentionLayer,
  alphaDropoutLayer,
  attentionLayer,
  autoContrastLayer,
  averageLayer,
  averagePooling1DLayer,
  averagePooling2DLayer,
  averagePooling3DLayer,
  batchNormalizationLayer,
  bidirectional(unwrap),
  categoryEncodingLayer,
  centerCropLayer,
  concatenateLayer,
  conv1DLayer,
  conv1DTransposeLayer,
  conv2DLayer,
  conv2DTransposeLayer,
  conv3DLayer,
  conv3DTransposeLayer,
  cropping1DLayer,
  cropping2DLayer,
  cropping3DLayer,
  customScaleLayer,
  denseLayer,
  depthwiseConv1DLayer,
  depthwiseConv2DLayer,
  discretizationLayer,
  dotLayer,
  dropoutLayer,
  einsumDenseLayer,
  eluLayer,
  embeddingLayer,
  flattenLayer,
  gaussianDropoutLayer,
  gaussianNoiseLayer,
  globalAveragePooling1DLayer,
  globalAveragePooling2DLayer,
  globalAveragePooling3DLayer,
  globalMaxPooling1DLayer,
  globalMaxPooling2DLayer,
  globalMaxPooling3DLayer,
  groupQueryAttentionLayer,
  groupNormalizationLayer,
  convLstm1DLayer,
  convLstm2DLayer,
  convLstm3DLayer,
  gruLayer,
  lstmLayer,
  rnnLayer,
  simpleRnnLayer,
  hashedCrossingLayer,
  hashingLayer,
  identityLayer,
  ...inferenceOnlyLayers,
  inputLayer,
  integerLookupLayer,
  layerNormalizationLayer,
  layerScaleLayer,
  leakyReluLayer,
  maskingLayer,
  maximumLayer,
  maxPooling1DLayer,
  maxPooling2DLayer,
  maxPooling3DLayer,
  melSpectrogramLayer,
  minimumLayer,
  multiHeadAttentionLayer,
  multiplyLayer,
  normalizationLayer,
  permuteLayer,
  pipeline(unwrap),
  preluLayer,
  randomBrightnessLayer,
  randomContrastLayer,
  randomCropLayer,
  randomFlipLayer,
  randomRotationLayer,
  randomTranslationLayer,
  randomZoomLayer,
  randomColorDegenerationLayer,
  randomColorJitterLayer,
  randomErasingLayer,
  randomGaussianBlurLayer,
  randomGrayscaleLayer,
  randomHueLayer,
  randomInvertLayer,
  randomPosterizationLayer,
  randomSaturationLayer,
  randomSharpnessLayer,
  randomShearLayer,
  solarizationLayer,
  reluLayer,
  repeatVectorLayer,
  rescalingLayer,
  reshapeLayer,
  resizingLayer,
  reversibleEmbeddingLayer,
  rmsNormalizationLayer,
  separableConv1DLayer,
  separableConv2DLayer,
  softmaxLayer,
  spatialDropout1DLayer,
  spatialDropout2DLayer,
  spatialDropout3DLayer,
  spectralNormalization(unwrap),
  stftSpectrogramLayer,
  stochasticDepthLayer,
  stringLookupLayer,
  subtractLayer,
  textVectorizationLayer,
  timeDistributed(unwrap),
  unitNormalizationLayer,
  upSampling1DLayer,
  upSampling2DLayer,
  upSampling3DLayer,
  zeroPadding1DLayer,
  zeroPadding2DLayer,
  zeroPadding3DLayer,
];

const byClass = new Map(layerDefinitions.map((definition) => [definition.className, definition]));
/** An operation may bear the name of a layer: `Add`. */
const operationByClass = new Map(operationDefinitions.map((definition) => [definition.className, definition]));

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
  if (layer.operation) return parseOperation(layer, path, { args: [], kwargs: {} });
  const definition = byClass.get(layer.className);
  if (!definition || layer.opaque !== undefined) {
    throw new SurgeryError('layer-opaque', `The layer ${path} cannot be run.`, {
      expected: `a layer of ${[...byClass.keys()].join(', ')}`,
      received: layer.opaque ?? layer.className,
      where: path,
    });
  }
  return { definition, config: parseConfig(definition, layer, path) };
}

/** Long vocabularies are read and checked once. */
const parsed = new WeakMap<Layer, unknown>();

function parseConfig(definition: LayerDefinition<unknown>, layer: Layer, path: string): unknown {
  if (!definition.withFiles) return definition.parse(layer.config, path);
  const config = parsed.get(layer) ?? definition.parse(definition.withFiles(layer), path);
  parsed.set(layer, config);
  return config;
}

/** A layer's config with what a `.keras` file keeps beside it, for formats that keep nothing there. */
export function wholeConfig(layer: Layer): JsonObject {
  const definition = layer.opaque === undefined ? byClass.get(layer.className) : undefined;
  return definition?.withFiles?.(layer) ?? layer.config;
}

/** What a layer around another, or around a network, needs to know of it. Throws `unsupported` where it cannot be run. */
function unwrap(object: JsonObject, where: string): Inner {
  const layer = layerFromConfig(object, where);
  const opaque = layer.opaque ?? (layer.network ? [...opaqueInside(layer)].at(0) : undefined);
  if (opaque !== undefined) {
    throw new SurgeryError('unsupported', `A layer inside another cannot be run: ${opaque}.`, { expected: 'a layer that runs', received: layer.className, where });
  }
  return layer.network ? innerNetwork({ ...layer, network: layer.network }) : innerLayer(layer, parseLayer(layer, where));
}

function* opaqueInside({ network }: Layer): Generator<string> {
  for (const layer of network?.layers ?? []) {
    if (layer.opaque !== undefined) yield layer.opaque;
    yield* opaqueInside(layer);
  }
}

/** The same of an operation and what one call of it is given. */
export function parseOperation(layer: Layer, path: string, given: CallArguments): ParsedLayer {
  const definition = operationByClass.get(layer.className);
  if (!definition || layer.opaque !== undefined) {
    throw new SurgeryError('layer-opaque', `The operation ${path} cannot be run.`, {
      expected: `an operation of ${[...operationByClass.keys()].join(', ')}`,
      received: layer.opaque ?? layer.className,
      where: path,
    });
  }
  return { definition, config: { settings: layer.config, given } };
}

export function isOperationClass(className: string): boolean {
  return operationByClass.has(className);
}

/** Names of the tensor arguments of a class' `call`. */
export function inputNamesOf(className: string): readonly string[] {
  return byClass.get(className)?.inputNames ?? ['inputs'];
}

function whyNotRun(operation: string): string {
  const reason = Object.hasOwn(operationsNotRun, operation) ? `: ${operationsNotRun[operation]}` : '';
  return `the operation ${operation} is not run${reason}`;
}

/** Why a layer cannot be run; undefined for one that can, and for a network, whose layers answer for themselves. */
export function whyOpaque(layer: Layer): string | undefined {
  if (layer.opaque !== undefined || layer.network) return layer.opaque;
  if (layer.operation) return operationByClass.has(layer.className) ? undefined : whyNotRun(layer.className);
  const definition = byClass.get(layer.className);
  if (!definition) return Object.hasOwn(notRun, layer.className) ? `${layer.className} is not run: ${notRun[layer.className]}` : `no layer class ${layer.className} is known`;
  try {
    parseConfig(definition, layer, layer.name);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof SurgeryError)) throw thrown;
    return [thrown.message, ...(thrown.where === undefined ? [] : [`(${thrown.where})`])].join(' ');
  }
}
