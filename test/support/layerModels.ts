import { checkedWeight } from '../../src/core/formats/kerasWeights';
import { inputNamesOf, layerDefinitions } from '../../src/core/layers/registry';
import type { Layer, Model, NetworkInput, TensorRef } from '../../src/core/model/model';
import { encodeNumbers } from '../../src/core/weights/decode';
import { goldenCases, type GoldenCase } from './layerLaws';

/** One golden call of a layer as a model of that layer alone. */
export interface LayerModel {
  readonly title: string;
  readonly className: string;
  readonly golden: GoldenCase;
  readonly model: Model;
}

/** All golden calls that a model can be made of: one output, nothing but inputs given, no masks. */
export function layerModels(): LayerModel[] {
  return layerDefinitions.filter(({ className }) => className !== 'InputLayer').flatMap((definition) => goldenCases(definition.className)
    .filter((golden) => golden.inputs.length > 0 && !golden.outputShapes && !golden.named && !golden.masks && !golden.settings)
    .map((golden, index) => ({ title: `${definition.className}: ${golden.name}`, className: definition.className, golden, model: modelOf(definition.className, golden, index) })));
}

function modelOf(className: string, golden: GoldenCase, index: number): Model {
  const inputs = golden.inputs.map(({ shape, dtype = 'float32' }, at): NetworkInput => {
    const name = `given_${at}`;
    return { name, shape: [null, ...shape.slice(1)], dtype, ref: { kind: 'tensor', layer: name, call: 0, output: 0 } };
  });
  const layer = layerOf(className, `layer_${index}`, golden);
  const output: TensorRef = { kind: 'tensor', layer: layer.name, call: 0, output: 0 };
  const tensors = inputs.map(({ ref }) => ref);
  const byPlace = inputNamesOf(className).length > 1;
  const args = tensors.length === 1 || byPlace ? tensors : [{ kind: 'list' as const, items: tensors }];
  const network = {
    kind: 'functional' as const,
    layers: [...inputs.map(inputLayer), layer],
    calls: [{ layer: layer.name, call: 0, args, kwargs: {} }],
    inputs,
    outputs: [{ name: output.layer, ref: output }],
  };
  const root = { name: 'one', className: 'Functional', envelope: {}, config: { name: 'one' }, trainable: true, weights: [], network };
  return { root, compile: null, compileConfig: null, optimizerVariables: [], format: 'h5', kerasVersion: '3.15.1', problems: [] };
}

function inputLayer({ name, shape, dtype }: NetworkInput): Layer {
  return { name, className: 'InputLayer', envelope: {}, config: { batch_shape: shape, dtype, sparse: false, name }, trainable: true, weights: [] };
}

/** Where Keras has layers that are no public ones. */
const modules: Readonly<Record<string, string>> = {
  LayerScale: 'keras.src.applications.convnext', StochasticDepth: 'keras.src.applications.convnext', CustomScaleLayer: 'keras.src.applications.inception_resnet_v2',
};

function layerOf(className: string, name: string, golden: GoldenCase): Layer {
  const config = { ...golden.config, name };
  const definition = layerDefinitions.find((known) => known.className === className);
  const bare: Layer = { name, className, envelope: className in modules ? { module: modules[className] } : {}, config, trainable: golden.trainable, weights: [] };
  const specs = definition?.weights(definition.parse(config, className), golden.inputs.map(({ shape }) => [null, ...shape.slice(1)])) ?? [];
  // A wrapper's layers may have variables of one name: each golden one is taken once.
  const rest = [...golden.weights];
  const taken = new Map(specs.map((spec) => {
    const at = rest.findIndex((weight) => weight.name === spec.name && weight.shape.join() === spec.shape.join());
    if (at < 0) throw new Error(`${className} has no golden ${spec.name}`);
    return [spec, rest.splice(at, 1)[0]];
  }));
  const weights = specs.map((spec) => {
    const found = taken.get(spec) as GoldenCase['weights'][number];
    const dtype = spec.name.endsWith('seed_generator_state') ? 'uint32' : found.dtype ?? 'float32';
    return checkedWeight(spec, { shape: found.shape, dtype, bytes: encodeNumbers(dtype, found.data) }, spec.name);
  });
  return { ...bare, weights };
}
