import { SurgeryError } from '../errors';
import { ownWeights } from '../layers/forward';
import { whyOpaque } from '../layers/registry';
import { isEffectivelyTrainable, walkLayers, type Layer, type Model, type PlacedLayer, type Problem } from '../model/model';
import { sizeOf } from '../model/tensor';
import { outputLayers } from '../surgery/head';
import type { Inspection, LayerInspection, TensorInspection } from './inspection';
import { outputSpecs, type NetworkSpecs } from './outputShapes';
import { scanWeights } from './scanWeights';

interface InspectOptions {
  /** Scan weights for NaN and infinity however large they are. */
  readonly weights?: boolean;
}

/**
 * What `inspect` says of a model. `sha256` is that of its file. Parameters are those of Keras' `count_params`, so the states of
 * random generators are not counted.
 */
export function inspectModel(model: Model, sha256: string, options: InspectOptions = {}): Inspection {
  const specs = outputSpecs(model);
  const placed = [...walkLayers(model)];
  return {
    format: model.format,
    kerasVersion: model.kerasVersion,
    name: model.root.name,
    class: model.root.className,
    sha256,
    parameters: countModel(placed),
    inputs: model.root.network.inputs.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    outputs: outputsOf(model, specs),
    layers: placed.map((layer) => inspectLayer(layer, specs)),
    compile: model.compile,
    problems: [...model.problems, ...opaqueProblems(model, placed), ...storedTypes(placed), ...scanWeights(model, options.weights ?? false)],
    head: headPath(model),
  };
}

function outputsOf(model: Model, { outputs }: NetworkSpecs): TensorInspection[] {
  return model.root.network.outputs.map(({ name }, index) => ({ name, shape: outputs[index].shape ?? [], dtype: outputs[index].dtype }));
}

function inspectLayer(placed: PlacedLayer, specs: NetworkSpecs): LayerInspection {
  const { path, layer } = placed;
  return {
    path,
    name: layer.name,
    class: layer.className,
    outputShape: specs.layers.get(path)?.[0]?.shape ?? null,
    parameters: countParameters(layer),
    trainable: layer.trainable,
    effectiveTrainable: isEffectivelyTrainable(placed),
    frozenBecause: frozenBecause(placed),
    opaque: whyOpaque(layer) ?? null,
    weights: layer.weights.map(({ name, shape, dtype, trainable }) => ({ name, shape, dtype, trainable })),
  };
}

/** The outermost frozen parent, the root included, comes before the layer's own flag: it is what has to be changed first. */
function frozenBecause({ layer, parents }: PlacedLayer): string | null {
  const frozen = parents.find(({ trainable }) => !trainable);
  if (frozen) return `frozen by ${frozen.name}`;
  return layer.trainable ? null : 'own flag';
}

/** Keras' `layer.count_params()`: the layer's own weights and those of all inside it. */
function countParameters(layer: Layer): number {
  const inside = layer.network?.layers.reduce((sum, inner) => sum + countParameters(inner), 0) ?? 0;
  return inside + ownWeights(layer.name, layer).reduce((sum, { weight }) => sum + sizeOf(weight.shape), 0);
}

function countModel(placed: readonly PlacedLayer[]): Inspection['parameters'] {
  let total = 0;
  let trainable = 0;
  for (const place of placed) {
    for (const { weight } of ownWeights(place.path, place.layer)) {
      total += sizeOf(weight.shape);
      if (weight.trainable && isEffectivelyTrainable(place)) trainable += sizeOf(weight.shape);
    }
  }
  return { total, trainable, frozen: total - trainable };
}

/** What the reader of the file has not said already. */
function opaqueProblems({ problems }: Model, placed: readonly PlacedLayer[]): Problem[] {
  const said = new Set(problems.filter(({ code }) => code === 'layer-opaque').map(({ where }) => where));
  return placed.flatMap(({ path, layer }) => {
    const why = whyOpaque(layer);
    return why === undefined || said.has(path) ? [] : [{ code: 'layer-opaque', message: `The layer can be shown and kept, but not run: ${why}.`, where: path }];
  });
}

/** Element types that are kept in the file and not computed in. */
function storedTypes(placed: readonly PlacedLayer[]): Problem[] {
  const others = placed.flatMap(({ layer }) => layer.weights).filter(({ dtype }) => dtype.includes('float') && dtype !== 'float32');
  return [...new Set(others.map(({ dtype }) => dtype))].map((dtype) => {
    const count = others.filter((weight) => weight.dtype === dtype).length;
    return { code: 'computed-in-float32', message: `${count} weights are stored as ${dtype}: they are kept so and computed in float32.` };
  });
}

/** The path of the output layer; null where the model has several, or gives back its input. */
function headPath(model: Model): string | null {
  try {
    const layers = outputLayers(model);
    return layers.length === 1 ? (layers[0]?.path ?? null) : null;
  } catch (thrown) {
    if (thrown instanceof SurgeryError) return null;
    throw thrown;
  }
}
