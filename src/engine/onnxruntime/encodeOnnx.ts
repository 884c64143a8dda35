import { SurgeryError } from '../../core/errors';
import type { Model } from '../../core/model/model';
import { programNames } from '../../core/training/scene';
import { buildPredictProgram } from '../../core/training/step';
import { lowerProgram, type OnnxProgram } from './lowerProgram';
import { encodeModel, type OnnxGraph } from './onnxModel';

/** bytes; a protobuf message, and so an ONNX file, cannot be longer */
const largest = 2 ** 31 - 1;

/**
 * A model's inference as an ONNX file: inputs and outputs bear the model's names, the batch is free, weights are float32. Throws
 * `unsupported` for what has no lowering or another free axis than the batch, `format-limit` past 2 GB of weights.
 */
export function encodeOnnx(model: Model): Uint8Array {
  const inputs = Object.fromEntries(model.root.network.inputs.map(({ name, shape }) => [name, sampleShape(name, shape)]));
  const program = buildPredictProgram(model, { inputs });
  const lowered = lowerProgram(program);
  const size = lowered.graph.initializers.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > largest) {
    throw new SurgeryError('format-limit', 'An ONNX file cannot hold this many weights.', { expected: `at most ${largest} bytes`, received: `${size} bytes`, where: model.root.name });
  }
  const fed = program.inputs.flatMap(({ name, value }) => {
    const input = lowered.feeds.get(value);
    return input === undefined ? [] : [[input, model.root.network.inputs.find((one) => programNames.input(one.name) === name)?.name ?? name] as const];
  });
  return encodeModel(renamed(lowered, new Map(fed)));
}

function sampleShape(name: string, shape: readonly (number | null)[]): number[] {
  return shape.slice(1).map((size) => {
    if (size !== null) return size;
    throw new SurgeryError('unsupported', 'Only the batch may be a free axis of an exported graph.', { expected: 'fixed sizes after the batch', received: JSON.stringify(shape), where: name });
  });
}

/** The graph with the model's names. One that two tensors would bear is the input's; the output gets `_1`. */
function renamed({ graph, outputs }: OnnxProgram, inputs: ReadonlyMap<string, string>): OnnxGraph {
  const taken = new Set(inputs.values());
  const free = (name: string): string => {
    for (let count = 0; ; count++) {
      const candidate = count === 0 ? name : `${name}_${count}`;
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      return candidate;
    }
  };
  const names = new Map(inputs);
  for (const [output, inner] of outputs) names.set(inner, free(output));
  const nameOf = (name: string): string => {
    if (name === '') return name;
    const known = names.get(name);
    if (known !== undefined) return known;
    const given = free(name);
    names.set(name, given);
    return given;
  };
  return renameGraph(graph, nameOf);
}

function renameGraph(graph: OnnxGraph, nameOf: (name: string) => string): OnnxGraph {
  const value = <T extends { readonly name: string }>(item: T): T => ({ ...item, name: nameOf(item.name) });
  return {
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    initializers: graph.initializers.map(value),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(nameOf),
      outputs: node.outputs.map(nameOf),
      attributes: Object.fromEntries(Object.entries(node.attributes).map(([key, item]) =>
        [key, typeof item === 'object' && 'graph' in item ? { graph: renameGraph(item.graph, nameOf) } : item])),
    })),
  };
}
