import type { MatmulAttributes } from '../../core/ops/matmul';
import type { Program, ProgramNode } from '../../core/ops/program';
import type { SplitAttributes } from '../../core/ops/split';

/** A longer term is that of no cell. */
const LONGEST = 1000;

/** Written so that the order of factors and of summands does not matter. */
export function times(...factors: readonly string[]): string {
  return `(${factors.flatMap((factor) => parts(factor, '*')).sort().join('*')})`;
}

export function plus(...summands: readonly string[]): string {
  return `(${summands.flatMap((summand) => parts(summand, '+')).sort().join('+')})`;
}

export function less(a: string, b: string): string {
  return `[${a}-${b}]`;
}

export function call(name: string, ...inputs: readonly string[]): string {
  return `${name}<${inputs.join()}>`;
}

/** What a product is of, where the term is one as `times` writes it; else the term. */
function parts(term: string, sign: '*' | '+'): string[] {
  if (!term.startsWith('(')) return [term];
  const found: string[] = [];
  let depth = 0;
  let start = 1;
  for (let at = 0; at < term.length; at++) {
    const letter = term[at];
    if ('([<'.includes(letter)) depth++;
    else if (')]>'.includes(letter)) depth--;
    if (depth === 1 && (letter === '*' || letter === '+')) {
      if (letter !== sign) return [term];
      found.push(term.slice(start, at));
      start = at + 1;
    }
  }
  return found.length === 0 ? [term] : [...found, term.slice(start, -1)];
}

/** Values of a program as terms over leaves: what is computed alike has the same term. */
export class Terms {
  private readonly known = new Map<number, string>();
  private readonly producers: ReadonlyMap<number, ProgramNode>;

  /** Where a value is a leaf, its name. */
  constructor(program: Program, private readonly leaf: (value: number) => string | undefined) {
    this.producers = new Map(program.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    for (const { value, tensor: { data } } of program.constants) {
      if (data.length === 1) this.known.set(value, String(data[0]));
    }
  }

  of(value: number): string {
    const known = this.leaf(value) ?? this.known.get(value);
    if (known !== undefined) return known;
    // What is too long, or made of what is not known here, stands for itself.
    const made = this.make(value) ?? `#${value}`;
    const term = made.length > LONGEST ? `#${value}` : made;
    this.known.set(value, term);
    return term;
  }

  private make(value: number): string | undefined {
    const node = this.producers.get(value);
    if (!node) return undefined;
    const terms = (): string[] => node.inputs.map((input) => this.of(input));
    switch (node.op) {
      case 'mul': return times(...terms());
      case 'add': return plus(...terms());
      case 'sub': return less(...(terms() as [string, string]));
      case 'sigmoid': case 'tanh': return call(node.op, ...terms());
      case 'matmul': return call(matmulName(node.attributes as MatmulAttributes), ...terms());
      case 'split': return call(splitName(node.attributes as SplitAttributes, node.outputs.indexOf(value)), ...terms());
      case 'concat': return call('concat', ...terms());
      default: return undefined;
    }
  }
}

export function matmulName({ transposeA, transposeB }: MatmulAttributes): string {
  return `matmul${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`;
}

export function splitName({ axis, sizes }: SplitAttributes, part: number): string {
  return `split${axis}of${sizes.join('|')}part${part}`;
}
