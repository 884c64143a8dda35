import type { Program } from '../../core/ops/program';
import type { ScanAttributes } from '../../core/ops/scanOp';
import { sameShape } from '../../core/ops/shape';
import type { Name } from './graphWriter';
import { Lowering, type Lowered, type LoweringNode } from './lowering';

/** Writes the operations of a program, which are part of the operation that `label` names. */
type WriteNodes = (program: Program, lowering: Lowering, label: string) => void;

/** From so many steps on a turn of the loop is several of them: the loop's own nodes cost as much as a small body. */
const LONG = 20;
const STEPS_A_TURN = 5;

/** What goes from step to step: the carries that change, then a list for each stack of what the steps give. */
type Carried = readonly Name[];

/**
 * A loop inside the loop over the steps. What its turns give is gathered in lists; a carry that no turn changes is read from outside.
 * What a turn costs is mostly how many nodes it has, so tensors of one shape go in and out as one.
 */
export function lowerScan({ inputs, attributes }: LoweringNode<ScanAttributes>, lowering: Lowering, writeNodes: WriteNodes): readonly Lowered[] {
  const { body, carries, sequences, steps, reverse } = attributes;
  const { writer } = lowering;
  const shapes = new Lowering(body, lowering);
  const names = inputs.map((value) => lowering.name(value));
  const moving = range(0, carries).filter((i) => body.inputs[i].value !== body.outputs[i].value);
  const reading = stackEntries(alike(range(carries, carries + sequences), (i) => body.inputs[i].value, shapes), names, lowering);
  const given = alike(range(carries, body.outputs.length), (i) => body.outputs[i].value, shapes);
  const element = (group: readonly number[]) => ({ element_dtype: { type: shapes.dtype(body.outputs[group[0]].value) } });
  const step = (number: Name, carried: Carried): Carried => {
    const inner = new Lowering(body, lowering);
    const at = reverse ? writer.op('Sub', [writer.int(steps - 1), number]) : number;
    names.forEach((name, i) => inner.hold(body.inputs[i].value, name));
    moving.forEach((i, k) => inner.hold(body.inputs[i].value, carried[k]));
    for (const { group, stack } of reading) {
      unstack(entryOf(stack, at, lowering), { count: group.length, axis: 0 }, lowering).forEach((name, k) => inner.hold(body.inputs[group[k]].value, name));
    }
    writeNodes(body, inner, writer.label);
    const entries = given.map((group) => stackOf(group.map((i) => inner.name(body.outputs[i].value)), 0, lowering));
    return [
      ...moving.map((i) => inner.name(body.outputs[i].value)),
      ...given.map((group, k) => writer.op('TensorListSetItem', [carried[moving.length + k], at, entries[k]], element(group))),
    ];
  };
  const ends = repeat(steps, [...moving.map((i) => names[i]), ...given.map((group) => writer.list(element(group).element_dtype.type, steps))], { step, lowering });
  const results = names.slice(0, carries);
  moving.forEach((i, k) => { results[i] = ends[k]; });
  given.forEach((group, k) => {
    const list = writer.op('TensorListStack', [ends[moving.length + k], writer.int(-1)], { ...element(group), num_elements: steps });
    unstack(list, { count: group.length, axis: 1 }, lowering).forEach((name, j) => { results[group[j]] = name; });
  });
  return results;
}

/** Runs a step so often, several of them in each turn of a long loop and what remains after it. */
function repeat(steps: number, start: Carried, { step, lowering: { writer } }: { readonly step: (number: Name, carried: Carried) => Carried; readonly lowering: Lowering }): Carried {
  const together = steps < LONG ? 1 : STEPS_A_TURN;
  const turns = Math.floor(steps / together);
  const looped = writer.loop({
    count: writer.int(turns),
    carried: start,
    body: (turn, carried) => {
      const first = together === 1 ? turn : writer.op('Mul', [turn, writer.int(together)]);
      return range(0, together).reduce<Carried>((before, i) => step(i === 0 ? first : writer.op('AddV2', [first, writer.int(i)]), before), carried);
    },
  });
  return range(turns * together, steps).reduce<Carried>((before, number) => step(writer.int(number), before), looped);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** The places whose values have the same shape and type, together. */
function alike(places: readonly number[], valueAt: (place: number) => number, lowering: Lowering): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (const place of places) {
    const value = valueAt(place);
    const group = groups.find(([first]) => sameShape(lowering.shape(valueAt(first)), lowering.shape(value)) && lowering.dtype(valueAt(first)) === lowering.dtype(value));
    if (group) group.push(place);
    else groups.push([place]);
  }
  return groups;
}

function stackEntries(groups: readonly (readonly number[])[], names: readonly Name[], lowering: Lowering): { readonly group: readonly number[]; readonly stack: Name }[] {
  return groups.map((group) => ({ group, stack: stackOf(group.map((i) => names[i]), 1, lowering) }));
}

function stackOf(names: readonly Name[], axis: number, { writer }: Lowering): Name {
  return names.length === 1 ? names[0] : writer.op('Pack', names, { axis });
}

function unstack(name: Name, { count, axis }: { readonly count: number; readonly axis: number }, { writer }: Lowering): readonly Name[] {
  return count === 1 ? [name] : writer.ops('Unpack', [name], { num: count, axis });
}

/** Along the axis in front; TensorFlow does not copy it. */
function entryOf(name: Name, at: Name, { writer }: Lowering): Name {
  const one = writer.ints(1);
  const begin = writer.op('Reshape', [at, one]);
  return writer.op('StridedSlice', [name, begin, writer.op('AddV2', [begin, one]), one], { shrink_axis_mask: 1 });
}
