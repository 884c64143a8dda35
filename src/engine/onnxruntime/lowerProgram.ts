import { SurgeryError } from '../../core/errors';
import type { ConvAttributes } from '../../core/ops/conv';
import type { MatmulAttributes } from '../../core/ops/matmul';
import type { Program, ProgramNode } from '../../core/ops/program';
import type { Name } from './graphWriter';
import { convolve } from './lower/conv';
import { isMatrixProduct, multiply } from './lower/matmul';
import { Lowering, type Lowered, type LoweringNode } from './lowering';
import { lowerings } from './lowerings';
import { encodeModel } from './onnxModel';

/** A program as an ONNX file, and what its tensors are called there. */
export interface OnnxProgram {
  readonly bytes: Uint8Array;
  readonly nodeCount: number;
  /** Names by value of the program; only of inputs and states that the graph reads. */
  readonly feeds: ReadonlyMap<number, Name>;
  /** For each output of the program and each state that changes, its own name. */
  readonly outputs: ReadonlyMap<string, Name>;
  readonly nextStates: ReadonlyMap<string, Name>;
}

/** Writes a program as an ONNX graph. Throws `unsupported` for an operation that is not known here. */
export function lowerProgram(program: Program): OnnxProgram {
  const lowering = new Lowering(program);
  const biased = findBiases(lowering);
  program.nodes.forEach((node, i) => {
    if (lowering.absorbed.has(node)) return;
    lowering.writer.label = `${(biased.get(node)?.producer ?? node).op}_${i}`;
    const lowered = lowerNode(node, { lowering, biased });
    node.outputs.forEach((output, k) => lowering.hold(output, lowered[k]));
  });
  lowering.writer.label = 'output';
  const take = ownNames(lowering);
  const outputs = new Map(program.outputs.map(({ name, value }) => [name, take(value)]));
  const changing = program.states.filter(({ value, next }) => value !== next);
  const nextStates = new Map(changing.map(({ name, next }) => [name, take(next)]));
  const results = [
    ...program.outputs.map(({ name, value }) => ({ name: outputs.get(name) as Name, dtype: program.values[value].dtype })),
    ...changing.map(({ name, next }) => ({ name: nextStates.get(name) as Name, dtype: program.values[next].dtype })),
  ];
  const graph = lowering.writer.finish(results);
  return { bytes: encodeModel(graph), nodeCount: graph.nodes.length, feeds: lowering.fed, outputs, nextStates };
}

interface Context {
  readonly lowering: Lowering;
  readonly biased: ReadonlyMap<ProgramNode, Biased>;
}

function lowerNode(node: ProgramNode, { lowering, biased }: Context): readonly Lowered[] {
  const pair = biased.get(node);
  if (pair) return [addBias(pair, lowering)];
  const lower = lowerings[node.op] as (typeof lowerings)[typeof node.op] | undefined;
  if (!lower) {
    throw new SurgeryError('unsupported', 'An operation cannot be run on this engine.', { received: node.op, where: node.op });
  }
  return lower(node, lowering);
}

/** A product or convolution whose only reader adds one number per column or filter. */
interface Biased {
  readonly producer: ProgramNode;
  readonly bias: number;
}

/** Marks the producers as absorbed: they are written together with the sum. */
function findBiases(lowering: Lowering): Map<ProgramNode, Biased> {
  const found = new Map<ProgramNode, Biased>();
  for (const node of lowering.program.nodes) {
    if (node.op !== 'add') continue;
    const side = [0, 1].find((i) => takesBias(node.inputs[i], node.inputs[1 - i], lowering));
    if (side === undefined) continue;
    const producer = lowering.producer(node.inputs[side]) as ProgramNode;
    lowering.absorbed.add(producer);
    found.set(node, { producer, bias: node.inputs[1 - side] });
  }
  return found;
}

function takesBias(value: number, bias: number, lowering: Lowering): boolean {
  const producer = lowering.producer(value);
  const shape = lowering.shape(bias);
  const width = lowering.shape(value).at(-1);
  if (!producer || lowering.useCount(value) !== 1 || shape.length !== 1 || shape[0] !== width || shape[0] < 0) return false;
  return producer.op === 'conv' || (producer.op === 'matmul' && isMatrixProduct(producer.inputs, lowering));
}

function addBias({ producer, bias }: Biased, lowering: Lowering): Lowered {
  const name = lowering.last(bias);
  if (producer.op === 'conv') return { name: convolve(producer as LoweringNode<ConvAttributes>, lowering, name), layout: 'first' };
  return { name: multiply(producer as LoweringNode<MatmulAttributes>, lowering, name), layout: 'last' };
}

/**
 * Gives each result a tensor of its own: one that is an input, a constant or already another result is copied, so that no
 * two results and no input share memory.
 */
function ownNames(lowering: Lowering): (value: number) => Name {
  const taken = new Set<Name>();
  return (value) => {
    const name = lowering.last(value);
    const own = lowering.writer.isComputed(name) && !taken.has(name) ? name : lowering.writer.copy(name);
    taken.add(own);
    return own;
  };
}
