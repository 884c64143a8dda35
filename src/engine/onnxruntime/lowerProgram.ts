import { SurgeryError } from '../../core/errors';
import type { Program, ProgramNode } from '../../core/ops/program';
import { findFusions, type Fusion } from './fusions';
import type { Name } from './graphWriter';
import type { ScanAttributes } from '../../core/ops/scanOp';
import { Lowering, type Lowered, type LoweringNode } from './lowering';
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
  lowerNodes(lowering, (label) => (lowering.writer.label = label));
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

/** Writes the nodes of a program, one after the other. `begin` is told what the operators that follow belong to. */
function lowerNodes(lowering: Lowering, begin: (label: string) => void = () => undefined): void {
  const { fusions, absorbed } = findFusions(lowering);
  lowering.program.nodes.forEach((node, i) => {
    if (absorbed.has(node)) return;
    const fusion = fusions.get(node);
    begin(`${fusion?.op ?? node.op}_${i}`);
    const lowered = lowerNode(node, lowering, fusion);
    node.outputs.forEach((output, k) => lowering.hold(output, lowered[k]));
  });
}

function lowerNode(node: ProgramNode, lowering: Lowering, fusion: Fusion | undefined): readonly Lowered[] {
  if (fusion) return [fusion.write(lowering)];
  if (node.op === 'scan') return lowerScan(node as LoweringNode<ScanAttributes>, lowering);
  const lower = lowerings[node.op] as (typeof lowerings)[typeof node.op] | undefined;
  if (!lower) {
    throw new SurgeryError('unsupported', 'An operation cannot be run on this engine.', { received: node.op, where: node.op });
  }
  return lower(node, lowering);
}

/** ONNX' Scan. Its body reads the loop's constants, and all else that does not change, from the graph around it. */
function lowerScan({ inputs, attributes }: LoweringNode<ScanAttributes>, lowering: Lowering): readonly Lowered[] {
  const { body, carries, sequences, steps, reverse } = attributes;
  const inner = new Lowering(body, lowering);
  const read = Math.max(sequences, 1);
  body.inputs.forEach(({ value }, i) => inner.hold(value, { name: i < carries + sequences ? inner.feed(value) : lowering.last(inputs[i]), layout: 'last' }));
  // Scan counts its steps by what it reads: a loop that reads nothing is given a column of zeros.
  if (sequences === 0) inner.writer.input('float32', []);
  lowerNodes(inner);
  const take = ownNames(inner);
  const results = body.outputs.map(({ value }) => ({ name: take(value), dtype: inner.type(value).dtype, dims: inner.dims(value) }));
  const { writer } = lowering;
  const walked = sequences === 0 ? [writer.table(`zeros${steps}`, [steps], () => new Float32Array(steps))] : [];
  const names = [...inputs.slice(0, carries + sequences).map((value) => lowering.last(value)), ...walked];
  const direction = (count: number): number[] => new Array<number>(count).fill(reverse ? 1 : 0);
  const given = results.length - carries;
  const written = writer.ops('Scan', names, {
    outputs: results.length,
    attributes: {
      body: { graph: inner.writer.finish(results, true) },
      num_scan_inputs: read,
      scan_input_directions: direction(read),
      ...(given > 0 ? { scan_output_directions: direction(given) } : {}),
    },
  });
  return written.map((name) => ({ name, layout: 'last' }));
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
