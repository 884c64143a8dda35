import { SurgeryError } from '../errors';
import { layerGroups } from '../formats/kerasPaths';
import { networkOutputSpecs } from '../inspect/outputShapes';
import { isEffectivelyTrainable, type Layer, type Model, type Network, walkLayers, type Weight } from '../model/model';
import type { Value } from '../ops/graph';
import { flattenCalls } from './flattenCalls';
import { buildForward } from './forward';
import type { Inner, InnerContext } from './inner';
import type { KerasShape, WeightSpec } from './layer';
import { parseLayer } from './registry';
import { toKerasShape } from './shapes';

type Root = Layer & { readonly network: Network };

/** A network inside the config of a layer. Its variables are named by the paths of its layers. */
export function innerNetwork(root: Root): Inner {
  const calls = (): readonly Layer[] => [...walkLayers(modelOf(root))].map(({ layer }) => layer).filter(({ network }) => !network);
  const differs = (trainable: boolean): string | undefined => calls().flatMap((layer) => {
    const { definition, config } = parseLayer(layer, layer.name);
    return definition.trainingDiffers?.(config, trainable && layer.trainable) ?? [];
  }).at(0);
  return {
    className: root.className,
    trainable: root.trainable,
    weights: (inputs) => networkWeights(withInputs(root, inputs)),
    outputShapes: (inputs) => networkOutputSpecs(withInputs(root, inputs)).outputs.map(({ shape }) => shape ?? unknownShape(root)),
    call: (context, inputs) => runNetwork(root, context, inputs),
    trainingDiffers: (trainable) => differs(trainable && root.trainable),
    activityRegularizer: null,
    addsLoss: calls().some(({ className, config }) => className === 'ActivityRegularization' || (config['activity_regularizer'] ?? null) !== null),
  };
}

function modelOf(root: Root): Model {
  return { root, compile: null, compileConfig: null, optimizerVariables: [], format: 'keras', kerasVersion: '3', problems: [] };
}

/** The network as it is fed here: free axes of its inputs get the sizes of what comes. */
function withInputs({ network }: Root, shapes: readonly KerasShape[]): Network {
  return { ...network, inputs: network.inputs.map((input, index) => ({ ...input, shape: [input.shape[0] ?? null, ...(shapes[index] ?? input.shape).slice(1)] })) };
}

interface NamedSpec {
  readonly path: string;
  readonly spec: WeightSpec;
}

function networkWeights(network: Network): readonly WeightSpec[] {
  const { reads } = networkOutputSpecs(network);
  return specsOf(network, { prefix: '', group: '', trainable: true }, reads).map(({ path, spec }) => ({ ...spec, name: path }));
}

interface Place {
  readonly prefix: string;
  readonly group: string;
  readonly trainable: boolean;
}

/** Variables of every layer in Keras' order, by the path of layer and variable. */
function specsOf(network: Network, place: Place, reads: ReadonlyMap<string, readonly KerasShape[]>): NamedSpec[] {
  const groups = new Map(layerGroups(network).map(({ layer, group }) => [layer.name, `${place.group}layers/${group}`]));
  return network.layers.filter(({ operation }) => !operation).flatMap((layer): NamedSpec[] => {
    const [path, group, trainable] = [place.prefix + layer.name, groups.get(layer.name) ?? '', place.trainable && layer.trainable];
    if (layer.network) return specsOf(layer.network, { prefix: `${path}/`, group: `${group}/`, trainable }, reads);
    const { definition, config } = parseLayer(layer, path);
    return definition.weights(config, reads.get(path) ?? []).map((spec) => ({
      path: `${path}/${spec.name}`,
      spec: { ...spec, trainable: spec.trainable && trainable, group: spec.group === undefined ? group : `${group}/${spec.group}` },
    }));
  });
}

/** Writes the network's computation, its variables taken from the layer around it. */
function runNetwork(root: Root, context: InnerContext, inputs: readonly Value[]): readonly Value[] {
  const shapes = inputs.map(({ shape }) => toKerasShape(shape));
  const model = modelOf({ ...root, network: withStubs(withInputs(root, shapes)) });
  const flags = new Map([...walkLayers(model)].map((placed) => [placed.path, isEffectivelyTrainable(placed)]));
  const names = model.root.network.inputs.map(({ name }) => name);
  const known = new Map(flattenCalls(model).inputs.map(({ key }, index) => [key, inputs[index]]));
  const { outputs } = buildForward(model, {
    inputs: {},
    known,
    masks: Object.fromEntries(names.flatMap((name, index) => {
      const mask = context.masks[index];
      return mask ? [[name, mask] as const] : [];
    })),
    training: context.training,
    weight: (path) => {
      const value = context.weights[path];
      if (!value) throw new Error(`a network inside a layer was given no ${path}`);
      return value;
    },
    isTrainable: (path) => context.trainable && (flags.get(path) ?? true),
    random: ({ shape, distribution }) => context.random(shape, distribution),
    update: (path, next) => context.update(path, next),
    addLoss: (scalar) => context.addLoss(scalar),
  });
  return model.root.network.outputs.map(({ name }) => outputs[name]);
}

/** With variables of the right names and shapes and no numbers: those come from around. */
function withStubs(network: Network): Network {
  const { reads } = networkOutputSpecs(network);
  const stub = (layer: Layer, path: string): Layer => {
    if (layer.network) return { ...layer, network: { ...layer.network, layers: layer.network.layers.map((inner) => stub(inner, `${path}/${inner.name}`)) } };
    if (layer.operation) return layer;
    const { definition, config } = parseLayer(layer, path);
    const weights = definition.weights(config, reads.get(path) ?? []).map(({ name, shape, trainable }): Weight => ({ name, shape, trainable, dtype: 'float32', bytes: new Uint8Array() }));
    return { ...layer, weights };
  };
  return { ...network, layers: network.layers.map((layer) => stub(layer, layer.name)) };
}

function unknownShape({ name }: Root): never {
  throw new SurgeryError('unsupported', 'The shape of what a network inside a layer gives is not known.', { received: name, where: name });
}
