import type { MatmulAttributes } from '../../core/ops/matmul';
import type { Program, ProgramNode } from '../../core/ops/program';
import type { ReduceAttributes } from '../../core/ops/reduce';
import type { ScanAttributes } from '../../core/ops/scanOp';
import { call, less, matmulName, plus, splitName, Terms, times } from './terms';

/** What a loop of LSTM steps gives, entry by entry. */
export type Role = 'i' | 'f' | 'o' | 'g' | 'c' | 'tanhC' | 'h' | 'cBefore' | 'hBefore';

/** A loop that computes Keras' LSTM with its default activations and without a mask, as values of the program. */
export interface LstmLoop {
  readonly node: ProgramNode;
  /** [steps, batch, inputs] */
  readonly x: number;
  readonly kernel: number;
  readonly recurrent: number;
  readonly bias: number | undefined;
  readonly h: number;
  readonly c: number;
  readonly steps: number;
  readonly reverse: boolean;
  /** Of the outputs after the two carries. */
  readonly roles: readonly Role[];
  /** The gradient's loop, where the program has one. */
  readonly back: LstmBack | undefined;
}

/** The loop that goes back through an LSTM, and what is made of the gradients that it gives. */
export interface LstmBack {
  readonly node: ProgramNode;
  /** By the last states. */
  readonly dh: number;
  readonly dc: number;
  /** By the states of all steps, where these are read. */
  readonly dy: number | undefined;
  /** Values that are the gradients by input, kernel, recurrent kernel and bias. */
  readonly gradients: { readonly x: readonly number[]; readonly kernel: readonly number[]; readonly recurrent: readonly number[]; readonly bias: readonly number[] };
  /** Operations that are replaced with the loop. */
  readonly covered: ReadonlySet<ProgramNode>;
}

/**
 * Numbers in both kernels up to which TensorFlow's operators are the faster form: they multiply step by step what a loop of ours
 * multiplies once for all steps. LSTM(32) over 40 steps of 32 took 1.6 ms with them and 2.6 without, LSTM(64) 4.6 and 5.2, LSTM(128) on 64 33 and 14.
 */
const MOST_WEIGHTS = 25_000;

/** The loops of a program that are LSTMs, and small ones. A gradient that does anything else with what its loop gives leaves that loop as it is. */
export function findLstms(program: Program): readonly LstmLoop[] {
  const scans = program.nodes.filter(({ op }) => op === 'scan');
  const lookup = new Lookup(program);
  return scans.flatMap((node) => {
    const loop = forwardLoop(node, lookup);
    if (!loop) return [];
    const back = scans.map((one) => backwardLoop(one, loop, lookup)).find((one) => one !== undefined);
    return [{ ...loop, back }];
  });
}

class Lookup {
  readonly producers: ReadonlyMap<number, ProgramNode>;
  private readonly readers = new Map<number, ProgramNode[]>();
  private readonly kept: ReadonlySet<number>;

  constructor(readonly program: Program) {
    this.producers = new Map(program.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    for (const node of program.nodes) for (const input of new Set(node.inputs)) this.readers.set(input, [...this.readersOf(input), node]);
    this.kept = new Set([...program.outputs.map(({ value }) => value), ...program.states.map(({ next }) => next)]);
  }

  /** Operations that read a value; null where it is also given to the outside. */
  onlyReaders(value: number): readonly ProgramNode[] | null {
    return this.kept.has(value) ? null : this.readersOf(value);
  }

  shape(value: number): readonly number[] {
    return this.program.values[value].shape;
  }

  private readersOf(value: number): ProgramNode[] {
    return this.readers.get(value) ?? [];
  }
}

function forwardLoop(node: ProgramNode, lookup: Lookup): Omit<LstmLoop, 'back'> | undefined {
  const { body, carries, sequences, steps, reverse } = node.attributes as ScanAttributes;
  if (carries !== 2 || sequences !== 1 || node.inputs.length !== 4) return undefined;
  const [h, c, drive, recurrent] = node.inputs;
  const units = lookup.shape(h)[1];
  const names = new Map(['h', 'c', 'x', 'R'].map((name, i) => [body.inputs[i].value, name]));
  const terms = new Terms(body, (value) => names.get(value));
  const roles = cellTerms(units);
  const given = body.outputs.map(({ value }) => roles.get(terms.of(value)));
  const driven = driveOf(drive, lookup);
  if (given[0] !== 'h' || given[1] !== 'c' || given.includes(undefined) || !driven) return undefined;
  if ((lookup.shape(driven.kernel)[0] + units) * 4 * units > MOST_WEIGHTS) return undefined;
  return { node, ...driven, recurrent, h, c, steps, reverse, roles: given.slice(2) as Role[] };
}

/** What each value of a cell is called, by its term over h, c, x (the input times the kernel, with the bias) and R. */
function cellTerms(units: number): ReadonlyMap<string, Role> {
  const z = plus('x', call(matmulName({ transposeA: false, transposeB: false }), 'h', 'R'));
  const part = (k: number): string => call(splitName({ axis: 1, sizes: [units, units, units, units] }, k), z);
  const [i, f, g, o] = [call('sigmoid', part(0)), call('sigmoid', part(1)), call('tanh', part(2)), call('sigmoid', part(3))];
  const c = plus(times(f, 'c'), times(i, g));
  const tanhC = call('tanh', c);
  return new Map<string, Role>([[i, 'i'], [f, 'f'], [g, 'g'], [o, 'o'], [c, 'c'], [tanhC, 'tanhC'], [times(o, tanhC), 'h'], ['c', 'cBefore'], ['h', 'hBefore']]);
}

/** A sequence that is x times a kernel, plus a bias or none. */
function driveOf(drive: number, lookup: Lookup): Pick<LstmLoop, 'x' | 'kernel' | 'bias'> | undefined {
  const node = lookup.producers.get(drive);
  const [product, bias] = node?.op === 'add' ? node.inputs : [drive, undefined];
  const matmul = lookup.producers.get(product);
  if (!matmul || matmulOf(matmul) !== 'NN') return undefined;
  const [x, kernel] = matmul.inputs;
  const ranks = [x, kernel, ...(bias === undefined ? [] : [bias])].map((value) => lookup.shape(value).length);
  return ranks.every((rank, k) => rank === [3, 2, 1][k]) ? { x, kernel, bias } : undefined;
}

/** Which operands a product transposes; undefined for another operation. */
function matmulOf({ op, attributes }: ProgramNode): string | undefined {
  if (op !== 'matmul') return undefined;
  const { transposeA, transposeB } = attributes as MatmulAttributes;
  return `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`;
}

function backwardLoop(node: ProgramNode, loop: Omit<LstmLoop, 'back'>, lookup: Lookup): LstmBack | undefined {
  const { body, carries, sequences, reverse } = node.attributes as ScanAttributes;
  if (carries !== 2 || reverse === loop.reverse || node.inputs.length !== carries + sequences + 1 || node.outputs.length !== 3 || node.inputs.at(-1) !== loop.recurrent) return undefined;
  const outer = new Terms(lookup.program, leavesOf(loop));
  const free: number[] = [];
  const names = new Map(body.inputs.map(({ value }, at): [number, string] => [value, inputName(node.inputs[at], { at, count: node.inputs.length, outer, free })]));
  const inner = new Terms(body, (value) => names.get(value));
  const wanted = backTerms(free.length > 0);
  if (free.length > 1 || !body.outputs.every(({ value }, k) => inner.of(value) === wanted[k])) return undefined;
  const uses = usesOf(node.outputs[2], loop, lookup);
  return uses && { node, dh: node.inputs[0], dc: node.inputs[1], dy: free.at(0), ...uses };
}

function leavesOf({ node, roles }: Omit<LstmLoop, 'back'>): (value: number) => string | undefined {
  const named = new Map(roles.map((role, k) => [node.outputs[k + 2], role]));
  return (value) => named.get(value);
}

interface Naming {
  readonly at: number;
  readonly count: number;
  readonly outer: Terms;
  /** Takes the sequences that are made of nothing of the loop's. */
  readonly free: number[];
}

function inputName(value: number, { at, count, outer, free }: Naming): string {
  if (at < 2) return at === 0 ? 'dh' : 'dc';
  if (at === count - 1) return 'R';
  const term = outer.of(value);
  if (!/^#|^dy$/.test(term) && /\b(i|f|o|g|c|tanhC|h|cBefore|hBefore)\b/.test(term)) return term;
  free.push(value);
  return 'dy';
}

/** What the loop back gives: the gradients by the states before, and by the four gates before their activations. */
function backTerms(read: boolean): readonly string[] {
  const dh = read ? plus('dh', 'dy') : 'dh';
  const slope = (gate: string): string => times(gate, less('1', gate));
  const bend = (value: string): string => less('1', times(value, value));
  const d = plus('dc', times(dh, 'o', bend('tanhC')));
  const gates = call('concat', times(d, 'g', slope('i')), times(d, 'cBefore', slope('f')), times(d, 'i', bend('g')), times(dh, 'tanhC', slope('o')));
  return [call(matmulName({ transposeA: false, transposeB: true }), gates, 'R'), times(d, 'f'), gates];
}

/** What the gradients by the gates are made into; undefined where that is anything but the gradients of an LSTM. */
function usesOf(gates: number, loop: Omit<LstmLoop, 'back'>, lookup: Lookup): Pick<LstmBack, 'gradients' | 'covered'> | undefined {
  const gradients = { x: [] as number[], kernel: [] as number[], recurrent: [] as number[], bias: [] as number[] };
  const covered = new Set<ProgramNode>();
  const readers = lookup.onlyReaders(gates);
  if (!readers) return undefined;
  for (const reader of readers) {
    const ends = reader.op === 'reshape' && lookup.shape(reader.outputs[0]).length === 2 ? lookup.onlyReaders(reader.outputs[0]) : [reader];
    if (!ends) return undefined;
    for (const end of ends) {
      const kind = gradientKind(end, { gates: end === reader ? gates : reader.outputs[0], loop, lookup });
      if (!kind) return undefined;
      gradients[kind].push(end.outputs[0]);
      covered.add(end);
    }
    covered.add(reader);
  }
  return { gradients, covered };
}

interface Use {
  /** The gradients by the gates, as they are or as [steps * batch, gates]. */
  readonly gates: number;
  readonly loop: Omit<LstmLoop, 'back'>;
  readonly lookup: Lookup;
}

function gradientKind(end: ProgramNode, use: Use): keyof LstmBack['gradients'] | undefined {
  if (end.op === 'sum') return sumsRows(end.attributes as ReduceAttributes, use.lookup.shape(use.gates).length) ? 'bias' : undefined;
  const [a, b] = end.inputs;
  if (matmulOf(end) === 'NT') return a === use.gates && b === use.loop.kernel && use.lookup.shape(a).length === 3 ? 'x' : undefined;
  return matmulOf(end) === 'TN' && b === use.gates ? kernelKind(a, use) : undefined;
}

function sumsRows({ axes, keepDims }: ReduceAttributes, rank: number): boolean {
  return !keepDims && axes.length === rank - 1 && !axes.includes(rank - 1);
}

/** By what the gates' gradients are multiplied with. */
function kernelKind(left: number, { loop: { x, roles, node }, lookup }: Use): 'kernel' | 'recurrent' | undefined {
  const flat = lookup.producers.get(left);
  const source = flat?.op === 'reshape' ? flat.inputs[0] : left;
  if (source === x) return 'kernel';
  return roles.some((role, k) => role === 'hBefore' && node.outputs[k + 2] === source) ? 'recurrent' : undefined;
}
