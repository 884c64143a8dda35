import { Graph, type Value } from './graph';
import { operations } from './operations';
import type { Program } from './program';
import type { Shape } from './shape';
import { savedValues } from './scanSlopes';
import type { ScanAttributes } from './scanOp';

/** What a loop starts from and walks over. */
export interface ScanInputs {
  readonly carry: readonly Value[];
  /** [steps, ...] each; at least one. */
  readonly xs: readonly Value[];
  /** What every step sees whole: kernels, masks. A body can read nothing else of the graph around it. */
  readonly consts?: readonly Value[];
  /** From the last entry to the first. */
  readonly reverse?: boolean;
}

/** What one step gives: the next carries, and an entry of each sequence that the loop gives. */
export interface ScanStep {
  readonly carry: readonly Value[];
  readonly ys: readonly Value[];
}

/** Writes one step in the graph of its arguments: the carries, the entries of the sequences, the constants. */
export type ScanBody = (carry: readonly Value[], xs: readonly Value[], consts: readonly Value[]) => ScanStep;

export interface ScanResult {
  /** After the last step. */
  readonly carry: readonly Value[];
  /** [steps, ...]; what a step gave stands where it read, in reverse too. */
  readonly ys: readonly Value[];
}

/**
 * A loop over the leading axis, whose number of steps is fixed: one operation, however many steps. Work that does not depend on
 * the step before belongs outside, on all steps at once. The gradient is a loop the other way, of only what one step hands to
 * the one before; the rest of it (kernel gradients among them) is computed on all steps at once.
 */
export function scan(inputs: ScanInputs, body: ScanBody): ScanResult {
  const { carry, xs, consts = [], reverse = false } = inputs;
  const [first] = xs;
  const steps = first.shape[0];
  const counts = { carries: carry.length, sequences: xs.length };
  const plain = writeBody(inputs, body);
  const saved = savedValues({ body: plain, ...counts }, (name) => operations[name]);
  const attributes: ScanAttributes = { body: withSaved(plain, saved), ...counts, steps, reverse, saved: saved.length };
  const outputs = first.graph.add(operations.scan, [...carry, ...xs, ...consts], attributes);
  return { carry: outputs.slice(0, carry.length), ys: outputs.slice(carry.length, outputs.length - saved.length) };
}

function writeBody({ carry, xs, consts = [] }: ScanInputs, body: ScanBody): Program {
  const graph = new Graph();
  const inside = (kind: string, shapeOf: (value: Value) => Shape) => (value: Value, i: number): Value =>
    graph.input(`${kind}${i}`, { shape: shapeOf(value), dtype: value.dtype });
  const step = body(
    carry.map(inside('carry', ({ shape }) => shape)),
    xs.map(inside('x', ({ shape }) => shape.slice(1))),
    consts.map(inside('const', ({ shape }) => shape)),
  );
  step.carry.forEach((value, i) => graph.output(`carry${i}`, value));
  step.ys.forEach((value, i) => graph.output(`y${i}`, value));
  return graph.finish();
}

function withSaved(body: Program, saved: readonly number[]): Program {
  return { ...body, outputs: [...body.outputs, ...saved.map((value, i) => ({ name: `saved${i}`, value }))] };
}
