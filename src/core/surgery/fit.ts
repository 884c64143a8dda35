import { SurgeryError } from '../errors';
import { networkOutputSpecs, outputSpecs, type NetworkSpecs, type TensorSpec } from '../inspect/outputShapes';
import { ownWeights } from '../layers/forward';
import type { KerasShape } from '../layers/layer';
import { parseLayer, whyOpaque } from '../layers/registry';
import { showKerasShape } from '../layers/shapes';
import type { Argument, Call, Layer, Model, Network, TensorRef } from '../model/model';
import { walkLayers } from '../model/model';
import { dataOf, tensorsOf } from './edit';

/** Shape and element type of one tensor of a network. */
export function specAt(network: Network, ref: TensorRef): TensorSpec {
  const cut: Network = { ...network, outputs: [{ name: ref.layer, ref }] };
  return networkOutputSpecs(cut).outputs.at(0) ?? { shape: null, dtype: 'float32' };
}

/**
 * Throws `shape-mismatch` with the path of the first layer that cannot take what it is given, or whose weights were made for
 * another shape. What an opaque layer leaves unknown is not checked.
 */
export function requireFit(model: Model): void {
  const specs = outputSpecs(model);
  requireNested(model.root.network, '');
  for (const { path, layer } of walkLayers(model)) {
    if (layer.network) requireNested(layer.network, `${path}/`);
    else if (whyOpaque(layer) === undefined) requireShapes(layer, path, specs);
  }
}

function requireNested(network: Network, prefix: string): void {
  requireMasks(network, prefix);
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  for (const call of network.calls) {
    const inner = layers.get(call.layer)?.network;
    if (inner) requireInputs(network, call, { inner, path: prefix + call.layer });
  }
}

/** A mask has a flag for each step of what it masks. */
function requireMasks(network: Network, prefix: string): void {
  const masked = network.calls.flatMap((call) => {
    const [read, mask] = [dataOf(call).at(0), call.kwargs['mask'] as Argument | undefined];
    return read && mask?.kind === 'tensor' ? [{ layer: call.layer, refs: [read, mask] }] : [];
  });
  if (masked.length === 0) return;
  const refs = masked.flatMap((each) => each.refs);
  const { outputs } = networkOutputSpecs({ ...network, outputs: refs.map((ref) => ({ name: ref.layer, ref })) });
  masked.forEach(({ layer }, index) => {
    const [read, mask] = [outputs[2 * index].shape, outputs[2 * index + 1].shape];
    const fits = !read || !mask || mask.every((size, axis) => axis === 0 || size === null || size === 1 || read.at(axis) === null || size === read.at(axis));
    if (!fits) throw misfit('The mask of a layer is for another number of steps.', { expected: `steps as in ${showKerasShape(mask)}`, received: showKerasShape(read), where: prefix + layer });
  });
}

/** A nested model takes its inputs in their order; a free axis takes any size. */
function requireInputs(network: Network, call: Call, { inner, path }: { inner: Network; path: string }): void {
  const given = tensorsOf(call).map((ref) => specAt(network, ref).shape);
  inner.inputs.forEach(({ shape }, index) => {
    const received = given.at(index);
    if (!received) return;
    const fits = shape.length === received.length && shape.every((size, axis) => axis === 0 || size === null || size === received[axis]);
    if (!fits) throw misfit('A nested model is given a tensor of another shape.', { expected: showKerasShape(shape), received: showKerasShape(received), where: path });
  });
}

function requireShapes(layer: Layer, path: string, { reads, otherReads }: NetworkSpecs): void {
  const first = reads.get(path);
  if (first) for (const inputs of [first, ...(otherReads.get(path) ?? [])]) requireReads(layer, path, inputs);
}

function requireReads(layer: Layer, path: string, inputs: readonly KerasShape[]): void {
  const { definition, config } = parseLayer(layer, path);
  const needed = placedAt(path, () => {
    definition.outputShapes(config, inputs);
    return definition.weights(config, inputs);
  });
  const own = ownWeights(path, layer).map(({ weight }) => weight);
  if (JSON.stringify(needed.map(({ shape }) => shape)) === JSON.stringify(own.map(({ shape }) => shape))) return;
  throw misfit(`The weights of the layer ${path} were made for another input.`, { expected: showWeights(needed), received: showWeights(own), where: path });
}

function showWeights(weights: readonly { readonly name: string; readonly shape: KerasShape }[]): string {
  return weights.map(({ name, shape }) => `${name} ${showKerasShape(shape)}`).join(', ') || 'no weights';
}

function placedAt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof SurgeryError)) throw thrown;
    const { expected, received } = thrown;
    throw misfit(thrown.message, { ...(expected === undefined ? {} : { expected }), ...(received === undefined ? {} : { received }), where: path });
  }
}

function misfit(message: string, details: { expected?: string; received?: string; where: string }): SurgeryError {
  return new SurgeryError('shape-mismatch', message, details);
}
