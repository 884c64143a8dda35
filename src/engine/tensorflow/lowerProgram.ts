import { SurgeryError } from '../../core/errors';
import type { Program, ProgramNode } from '../../core/ops/program';
import type { OpName } from '../../core/ops/registry';
import type { ScanAttributes } from '../../core/ops/scanOp';
import type { GraphNode } from './graphDef';
import type { Name } from './graphWriter';
import { Lowering, type Lowered, type LoweringNode } from './lowering';
import { lowerings } from './lowerings';
import { LstmWriter } from './lowerLstm';
import { lowerScan } from './lowerScan';
import { findLstms } from './lstmBlocks';

/** What the tensors of a program are called in its graph. */
export interface GraphNames {
  /** How many steps a call runs, where it runs several: then inputs and outputs hold one tensor for each step along a new axis in front. */
  readonly count: Name | undefined;
  /** By value of the program; only what the graph reads. */
  readonly feeds: ReadonlyMap<number, Name>;
  /** For each output of the program, the tensor that holds it; for each state that changes, what it is after the last step. */
  readonly outputs: ReadonlyMap<string, Name>;
  readonly nextStates: ReadonlyMap<string, Name>;
}

/** A program as a TensorFlow graph. */
export interface GraphProgram extends GraphNames {
  readonly nodes: readonly GraphNode[];
}

/** Operations that TensorFlow's graph optimizer finds its fastest form of by what stands before them, which a loop hides from it. */
const shyOfLoops: ReadonlySet<string> = new Set(['conv', 'convInputGrad', 'convFilterGrad', 'maxPool', 'maxPoolGrad'] satisfies readonly OpName[]);

/**
 * Writes a program as a graph: of small steps one that runs any number of them in a call; of steps that take longer than a call
 * costs one that runs one. Throws `unsupported` for an operation that is not known here.
 */
export function lowerProgram(program: Program): GraphProgram {
  return program.nodes.some(({ op }) => shyOfLoops.has(op)) ? lowerStep(program) : lowerSteps(program);
}

function lowerStep(program: Program): GraphProgram {
  const lowering = new Lowering(program);
  const { writer } = lowering;
  const feeds = new Map<number, Name>();
  lowering.supply((value) => ([...program.states, ...program.inputs].some((one) => one.value === value) ? feedWhole(value, { lowering, feeds }) : undefined));
  writeNodes(program, lowering);
  const outputs = program.outputs.map(({ name, value }) => [name, writer.copy(lowering.name(value))] as const);
  const nextStates = program.states.filter(({ value, next }) => value !== next).map(({ name, next }) => [name, writer.copy(lowering.name(next))] as const);
  return { count: undefined, feeds: new Map([...feeds, ...lowering.fedConstants]), outputs: new Map(outputs), nextStates: new Map(nextStates), nodes: writer.finish() };
}

/** A loop whose turns are steps, with the states carried from turn to turn. */
function lowerSteps(program: Program): GraphProgram {
  const lowering = new Lowering(program);
  const { writer } = lowering;
  const feeds = new Map<number, Name>();
  const count = writer.input('int32', []);
  const changing = program.states.filter(({ value, next }) => value !== next);
  const starts = changing.map(({ value }) => feedWhole(value, { lowering, feeds }));
  const arrays = program.outputs.map(({ value }) => writer.array(lowering.dtype(value), count));
  const ends = writer.loop({
    count,
    carried: [...starts, ...arrays.map(({ flow }) => flow)],
    body: (step, carried) => {
      changing.forEach(({ value }, i) => lowering.hold(value, carried[i]));
      lowering.supply((value) => feedOf(value, { step, lowering, feeds }));
      writeNodes(program, lowering);
      const flows = carried.slice(changing.length);
      return [
        ...changing.map(({ next }) => lowering.name(next)),
        ...program.outputs.map(({ value }, i) => writer.op('TensorArrayWriteV3', [arrays[i].handle, step, lowering.name(value), flows[i]])),
      ];
    },
  });
  writer.label = 'output';
  const gathered = program.outputs.map(({ value }, i) => {
    const range = writer.op('Range', [writer.int(0), count, writer.int(1)]);
    const attributes = { dtype: { type: lowering.dtype(value) }, element_shape: { shape: 'unknown' } } as const;
    return writer.op('TensorArrayGatherV3', [arrays[i].handle, range, ends[changing.length + i]], attributes);
  });
  return {
    count,
    feeds: new Map([...feeds, ...lowering.fedConstants]),
    outputs: new Map(program.outputs.map(({ name }, i) => [name, gathered[i]])),
    nextStates: new Map(changing.map(({ name }, i) => [name, writer.copy(ends[i])])),
    nodes: writer.finish(),
  };
}

interface Feeding {
  readonly lowering: Lowering;
  readonly feeds: Map<number, Name>;
}

/** An input of this step, cut from those of all steps, or a state that no step changes. */
function feedOf(value: number, { step, lowering, feeds }: Feeding & { readonly step: Name }): Name | undefined {
  const { writer, program } = lowering;
  if (program.states.some((state) => state.value === value)) return feedWhole(value, { lowering, feeds });
  if (!program.inputs.some((input) => input.value === value)) return undefined;
  const stack = writer.input(lowering.dtype(value), [-1, ...lowering.shape(value).map((dim) => Math.max(dim, -1))]);
  feeds.set(value, stack);
  const one = writer.ints(1);
  const begin = writer.op('Reshape', [step, one]);
  const bounds = [begin, writer.op('AddV2', [begin, one]), one];
  return writer.op('StridedSlice', [stack, ...bounds], { shrink_axis_mask: 1 });
}

function feedWhole(value: number, { lowering, feeds }: Feeding): Name {
  const name = lowering.writer.input(lowering.dtype(value), lowering.shape(value).map((dim) => Math.max(dim, -1)));
  feeds.set(value, name);
  return name;
}

/** Names them by operation, inside `prefix`. */
function writeNodes(program: Program, lowering: Lowering, prefix?: string): void {
  const lstms = new LstmWriter(findLstms(program), lowering);
  program.nodes.forEach((node, i) => {
    lowering.writer.label = prefix === undefined ? `${node.op}_${i}` : prefix;
    if (lstms.write(node)) return;
    const lowered = lowerNode(node, lowering);
    node.outputs.forEach((output, k) => lowering.hold(output, lowered[k]));
  });
  lowering.writer.label = prefix ?? 'output';
}

function lowerNode(node: ProgramNode, lowering: Lowering): readonly Lowered[] {
  if (node.op === 'scan') return lowerScan(node as LoweringNode<ScanAttributes>, lowering, writeNodes);
  const lower = lowerings[node.op] as (typeof lowerings)[typeof node.op] | undefined;
  if (!lower) {
    throw new SurgeryError('unsupported', 'An operation cannot be run on this engine.', { received: node.op, where: node.op });
  }
  return lower(node, lowering);
}
