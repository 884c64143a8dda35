import type { NumericTensor, OpDefinition } from './definition';
import type { GraphNode, TensorType, Value } from './graph';
import type { Program } from './program';
import type { OpName } from './registry';
import type { Lookup } from './replay';
import { scanGradient } from './scanGradient';
import { elementCount } from './strides';
import { expectWhole, refusal, showType, showTypes } from './typeRules';

/**
 * A loop over the leading axis. The node's inputs are: the carries before the first step; the sequences [steps, ...], of which a
 * step sees one entry [...]; the constants, which every step sees whole. Its outputs: the carries after the last step; one
 * sequence [steps, ...] for each other output of the body.
 */
export interface ScanAttributes {
  /**
   * One step. Its inputs, in the node's order: carries, entries of the sequences, constants. Its outputs: the next carries, then
   * entries of the sequences that the loop gives. It has no states.
   */
  readonly body: Program;
  /** How many of the inputs (and outputs) are carries: float32, of one type from step to step. */
  readonly carries: number;
  /** How many inputs after the carries are sequences. There may be none. */
  readonly sequences: number;
  readonly steps: number;
  /** From the last entry to the first. What a step gives stands where it read, either way. */
  readonly reverse: boolean;
  /** How many of the outputs, the last ones, are there for the gradient; null in a loop that takes none (a gradient itself). */
  readonly saved: number | null;
}

const OP: OpName = 'scan';

function stepTypes(inputs: readonly TensorType[], { carries, sequences, steps }: ScanAttributes): TensorType[] {
  return inputs.map((type, i) => {
    if (i < carries || i >= carries + sequences) return type;
    if (type.shape[0] !== steps) throw refusal(OP, `a sequence of ${steps} steps`, showType(type));
    return { shape: type.shape.slice(1), dtype: type.dtype };
  });
}

function inferScan(inputs: readonly TensorType[], attributes: ScanAttributes): TensorType[] {
  const { body, carries, steps } = attributes;
  expectWhole(OP, 'steps', [steps], 1);
  const wanted = body.inputs.map(({ value }) => body.values[value]);
  const given = stepTypes(inputs, attributes);
  if (showTypes(given) !== showTypes(wanted)) throw refusal(OP, `a body that takes ${showTypes(given)}`, showTypes(wanted));
  const results = body.outputs.map(({ value }) => body.values[value]);
  const before = showTypes(given.slice(0, carries));
  const after = showTypes(results.slice(0, carries));
  if (before !== after) throw refusal(OP, `carries of one type: ${before}`, after);
  if (given.slice(0, carries).some(({ dtype }) => dtype !== 'float32')) throw refusal(OP, 'float32 carries', before);
  return results.map(({ shape, dtype }, i) => (i < carries ? { shape, dtype } : { shape: [steps, ...shape], dtype }));
}

/** Runs the body once, in float64. */
function runBody(body: Program, inputs: readonly NumericTensor[], { batch, lookup }: { batch: number; lookup: Lookup }): NumericTensor[] {
  const values = new Map(body.inputs.map(({ value }, i) => [value, inputs[i]]));
  for (const { value, tensor } of body.constants) values.set(value, { shape: tensor.shape, data: Float64Array.from(tensor.data) });
  for (const { op, inputs: read, attributes, outputs } of body.nodes) {
    const results = lookup(op).reference(read.map((id) => values.get(id) as NumericTensor), attributes, batch);
    outputs.forEach((id, i) => values.set(id, results[i]));
  }
  return body.outputs.map(({ value }) => values.get(value) as NumericTensor);
}

function entryOf({ shape, data }: NumericTensor, step: number): NumericTensor {
  const entry = shape.slice(1);
  const size = elementCount(entry);
  return { shape: entry, data: data.subarray(step * size, (step + 1) * size) };
}

function stack(entries: readonly NumericTensor[]): NumericTensor {
  const [{ shape }] = entries;
  const size = elementCount(shape);
  const data = new Float64Array(entries.length * size);
  entries.forEach((entry, step) => data.set(entry.data, step * size));
  return { shape: [entries.length, ...shape], data };
}

function scanReference(inputs: readonly NumericTensor[], attributes: ScanAttributes, running: { batch: number; lookup: Lookup }): NumericTensor[] {
  const { body, carries, sequences, steps, reverse } = attributes;
  let carry = inputs.slice(0, carries);
  const given: NumericTensor[][] = [];
  for (let i = 0; i < steps; i++) {
    const step = reverse ? steps - 1 - i : i;
    const entries = inputs.slice(carries, carries + sequences).map((sequence) => entryOf(sequence, step));
    const results = runBody(body, [...carry, ...entries, ...inputs.slice(carries + sequences)], running);
    carry = results.slice(0, carries);
    given[step] = results.slice(carries);
  }
  return [...carry, ...body.outputs.slice(carries).map((_, i) => stack(given.map((entries) => entries[i])))];
}

/** Without the sequences that nothing reads, and what only they needed. */
function narrowScan({ inputs, outputs, attributes }: GraphNode<ScanAttributes>, used: readonly boolean[]): Pick<GraphNode<ScanAttributes>, 'inputs' | 'attributes' | 'outputs'> {
  const { carries, sequences, saved } = attributes;
  const keptOutputs = outputs.map((_, i) => i < carries || used[i]);
  const body = narrowBody(attributes.body, keptOutputs);
  const read = new Set([...body.nodes.flatMap((node) => node.inputs), ...body.outputs.map(({ value }) => value)]);
  const keptInputs = body.inputs.map(({ value }, i) => i < carries || read.has(value));
  const kept = <T>(list: readonly T[], flags: readonly boolean[]): T[] => list.filter((_, i) => flags[i]);
  return {
    inputs: kept(inputs, keptInputs),
    outputs: kept(outputs, keptOutputs),
    attributes: {
      ...attributes,
      body: { ...body, inputs: kept(body.inputs, keptInputs) },
      sequences: keptInputs.slice(carries, carries + sequences).filter(Boolean).length,
      saved: saved === null ? null : keptOutputs.slice(outputs.length - saved).filter(Boolean).length,
    },
  };
}

function narrowBody(body: Program, keptOutputs: readonly boolean[]): Program {
  const outputs = body.outputs.filter((_, i) => keptOutputs[i]);
  const needed = new Set(outputs.map(({ value }) => value));
  const nodes = [...body.nodes].reverse().filter((node) => {
    if (!node.outputs.some((id) => needed.has(id))) return false;
    node.inputs.forEach((id) => needed.add(id));
    return true;
  });
  return { ...body, nodes: nodes.reverse(), outputs, constants: body.constants.filter(({ value }) => needed.has(value)) };
}

/** `lookup` finds the operations that bodies are made of. */
export function scanOps(lookup: Lookup): { readonly scan: OpDefinition<ScanAttributes> } {
  const scan: OpDefinition<ScanAttributes> = {
    name: OP,
    infer: (inputs, attributes) => inferScan(inputs, attributes),
    gradient: (node, upstream, wanted): readonly (Value | undefined)[] => scanGradient(node, { upstream, wanted }, lookup),
    reference: (inputs, attributes, batch) => scanReference(inputs, attributes, { batch, lookup }),
    narrow: narrowScan,
  };
  return { scan };
}
