import type { SurgeryError } from '../../errors';
import type { Value } from '../../ops/graph';
import { mul } from '../../ops/binary';
import { matmul } from '../../ops/matmul';
import { sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { sizeOfShape } from '../../ops/shape';
import { transpose } from '../../ops/transpose';

type Refuse = (what: string) => SurgeryError;

/** A tensor whose axes have one-letter names. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/**
 * Einstein's sum as NumPy writes it, `...` included: operands are joined two at a time, each time as one product of matrices,
 * and a letter is summed over as soon as nothing else needs it. A letter that one operand has twice (a diagonal) is refused.
 */
export function einsum(operands: readonly Value[], subscripts: string, refuse: Refuse): Value {
  const parts = subscripts.replaceAll(/\s/g, '').split('->');
  const [left, right] = [parts.at(0) ?? '', parts.at(1)];
  const terms = left.split(',');
  if (terms.length !== operands.length) throw refuse(`${terms.length} terms for ${operands.length} tensors`);
  const rest = Math.max(...terms.map((term, index) => (term.includes('...') ? (operands[index]?.shape.length ?? 0) - (term.length - 3) : 0)));
  const labelled = operands.map((value, index): Labelled => ({ value, labels: spelledOut(terms[index] ?? '', value.shape.length, rest, refuse) }));
  const wanted = right === undefined ? implied(labelled, rest) : spelledOut(right, undefined, rest, refuse);
  const first = labelled.at(0);
  const others = labelled.slice(1);
  if (!first) throw refuse('no tensor');
  const joined = others.reduce((sofar, next, index) => {
    const later = new Set([...wanted, ...others.slice(index + 1).flatMap(({ labels }) => labels)]);
    return join(sumOut(sofar, new Set([...later, ...next.labels])), sumOut(next, new Set([...later, ...sofar.labels])), later);
  }, first);
  const { value, labels } = sumOut(joined, new Set(wanted));
  if (wanted.length !== labels.length || wanted.some((label) => !labels.includes(label))) throw refuse('an output that no operand gives');
  return transpose(value, wanted.map((label) => labels.indexOf(label)));
}

/** The letters of a term; the axes of an ellipsis are numbered so that the last ones of all terms agree. */
function spelledOut(term: string, rank: number | undefined, rest: number, refuse: Refuse): string[] {
  const parts = term.split('...');
  const [before, after] = [parts.at(0) ?? '', parts.at(1)];
  const own = after === undefined ? 0 : rank === undefined ? rest : rank - (term.length - 3);
  const middle = Array.from({ length: own }, (_, index) => `.${rest - own + index}`);
  const labels = [...Array.from(before), ...middle, ...Array.from(after ?? '')];
  if (new Set(labels).size !== labels.length) throw refuse('a letter twice in one term');
  if (rank !== undefined && labels.length !== rank) throw refuse(`the term ${term} for a tensor of ${rank} axes`);
  return labels;
}

/** Without `->`: the ellipsis, then letters that stand once, in alphabetical order. */
function implied(operands: readonly Labelled[], rest: number): string[] {
  const all = operands.flatMap(({ labels }) => labels).filter((label) => !label.startsWith('.'));
  const once = [...new Set(all)].filter((label) => all.filter((other) => other === label).length === 1).sort();
  return [...Array.from({ length: rest }, (_, index) => `.${index}`), ...once];
}

function sumOut({ value, labels }: Labelled, kept: ReadonlySet<string>): Labelled {
  const gone = labels.flatMap((label, axis) => (kept.has(label) ? [] : [axis]));
  return gone.length === 0 ? { value, labels } : { value: sum(value, gone), labels: labels.filter((label) => kept.has(label)) };
}

/** What both have and is needed later runs along; what both have and nothing needs is summed over. */
function join(a: Labelled, b: Labelled, later: ReadonlySet<string>): Labelled {
  const both = a.labels.filter((label) => b.labels.includes(label));
  const summed = both.filter((label) => !later.has(label));
  const along = both.filter((label) => later.has(label));
  const [ownA, ownB] = [a.labels.filter((label) => !both.includes(label)), b.labels.filter((label) => !both.includes(label))];
  const labels = [...along, ...ownA, ...ownB];
  if (summed.length === 0) return { value: mul(spread(a, labels), spread(b, labels)), labels };
  const left = grouped(a, along, [ownA, summed]);
  const right = grouped(b, along, [summed, ownB]);
  const product = matmul(left, right);
  const sizes = [...along.map((_, axis) => product.shape[axis] ?? 1), ...sizesOf(a, ownA), ...sizesOf(b, ownB)];
  return { value: reshape(product, sizes), labels };
}

function sizesOf({ value, labels }: Labelled, names: readonly string[]): number[] {
  return names.map((name) => value.shape[labels.indexOf(name)] ?? 1);
}

/** [...along, rows, columns], each group of axes as one. */
function grouped(x: Labelled, along: readonly string[], [rows, columns]: readonly [readonly string[], readonly string[]]): Value {
  const ordered = transpose(x.value, [...along, ...rows, ...columns].map((name) => x.labels.indexOf(name)));
  return reshape(ordered, [...sizesOf(x, along), sizeOfShape(sizesOf(x, rows)), sizeOfShape(sizesOf(x, columns))]);
}

/** The tensor with its axes in the order of `labels` and size 1 where it has none. */
function spread(x: Labelled, labels: readonly string[]): Value {
  const own = labels.filter((label) => x.labels.includes(label));
  const ordered = transpose(x.value, own.map((label) => x.labels.indexOf(label)));
  return reshape(ordered, labels.map((label) => (own.includes(label) ? (x.value.shape[x.labels.indexOf(label)] ?? 1) : 1)));
}
