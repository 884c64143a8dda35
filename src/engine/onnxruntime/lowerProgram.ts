import { SurgeryError } from '../../core/errors';
import type { Program, ProgramNode } from '../../core/ops/program';
import { findFusions, type Fusion } from './fusions';
import type { Name } from './graphWriter';
import { Lowering, type Lowered } from './lowering';
import { lowerings } from './lowerings';
import type { OnnxGraph } from './onnxModel';

/** What the tensors of a program are called in its ONNX graph. */
export interface OnnxNames {
  /** By value of the program; only of inputs and states that the graph reads. */
  readonly feeds: ReadonlyMap<number, Name>;
  /** For each output of the program and each state that changes, its own name. */
  readonly outputs: ReadonlyMap<string, Name>;
  readonly nextStates: ReadonlyMap<string, Name>;
}

/** A program as an ONNX graph. */
export interface OnnxProgram extends OnnxNames {
  readonly graph: OnnxGraph;
}

/** Writes a program as an ONNX graph. Throws `unsupported` for an operation that is not known here. */
export function lowerProgram(program: Program): OnnxProgram {
  const lowering = new Lowering(program);
  const { fusions, absorbed } = findFusions(lowering);
  program.nodes.forEach((node, i) => {
    if (absorbed.has(node)) return;
    const fusion = fusions.get(node);
    lowering.writer.label = `${fusion?.op ?? node.op}_${i}`;
    const lowered = lowerNode(node, lowering, fusion);
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
  return { graph: lowering.writer.finish(results), feeds: lowering.fed, outputs, nextStates };
}

function lowerNode(node: ProgramNode, lowering: Lowering, fusion: Fusion | undefined): readonly Lowered[] {
  if (fusion) return [fusion.write(lowering)];
  const lower = lowerings[node.op] as (typeof lowerings)[typeof node.op] | undefined;
  if (!lower) {
    throw new SurgeryError('unsupported', 'An operation cannot be run on this engine.', { received: node.op, where: node.op });
  }
  return lower(node, lowering);
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
