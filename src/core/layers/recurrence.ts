import { broadcastTo } from '../ops/broadcastTo';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { gatherRows } from '../ops/rows';
import { scan } from '../ops/scan';
import { transpose } from '../ops/transpose';
import { where } from '../ops/where';
import type { Mask } from './layer';
import type { PreparedCell } from './recurrentCell';

/** How a cell walks over a sequence. */
export interface Walk {
  readonly mask: Mask;
  readonly reverse: boolean;
  /** Keras' `zero_output_for_mask`; else the output of the step before stands where a step is masked. */
  readonly zeroOutput: boolean;
}

export interface Walked {
  /** [steps, batch, ...]; each step where it was read, in reverse too. */
  readonly outputs: Value;
  /** Of the step that came last. */
  readonly last: Value;
  readonly states: readonly Value[];
}

/** Runs a cell over all steps. `states` are those before the first one; zeros of these shapes where `given` is false. */
export function walk(cell: PreparedCell, { states, given }: { states: readonly Value[]; given: boolean }, { mask, reverse, zeroOutput }: Walk): Walked {
  const flags = mask ? [stepFlags(mask, states[0].shape.length)] : [];
  // Before the first step that counts, a masked one repeats zeros, whatever the state is.
  const repeats = mask && given && !zeroOutput ? [zerosLike(states[0])] : [];
  const { carry, ys: [outputs] } = scan({ carry: [...states, ...repeats], xs: [...cell.entries, ...flags], consts: cell.consts, reverse }, (before, xs, consts) => {
    const held = before.slice(0, states.length);
    const next = cell.step(xs.slice(0, cell.entries.length), held, consts);
    if (flags.length === 0) return { carry: next, ys: [next[0]] };
    const flag = xs[cell.entries.length];
    const kept = next.map((state, i) => where(flag, state, held[i]));
    const output = zeroOutput ? where(flag, next[0], 0) : repeats.length > 0 ? where(flag, next[0], before[states.length]) : kept[0];
    return { carry: [...kept, ...(repeats.length > 0 ? [output] : [])], ys: [output] };
  });
  const final = carry.slice(0, states.length);
  return { outputs, last: mask && zeroOutput ? lastOf(outputs, reverse) : (carry.at(states.length) ?? final[0]), states: final };
}

/** [batch, steps] to [steps, batch, 1, …], to stand beside a state of this rank. */
function stepFlags(mask: Value, rank: number): Value {
  const byStep = transpose(mask, [1, 0]);
  return reshape(byStep, [...byStep.shape, ...new Array<number>(rank - 1).fill(1)]);
}

function lastOf(outputs: Value, reverse: boolean): Value {
  const steps = outputs.shape[0];
  return reshape(gatherRows(outputs, rowNumbers(outputs, [reverse ? 0 : steps - 1])), outputs.shape.slice(1));
}

/** The steps from the last to the first. */
export function reversed(sequence: Value): Value {
  const steps = sequence.shape[0];
  return steps === 1 ? sequence : gatherRows(sequence, rowNumbers(sequence, Array.from({ length: steps }, (_, i) => steps - 1 - i)));
}

function rowNumbers({ graph }: Value, rows: readonly number[]): Value {
  return graph.constant({ dtype: 'int32', shape: [rows.length], data: Int32Array.from(rows) });
}

export function zerosLike({ graph, shape }: Pick<Value, 'graph' | 'shape'>): Value {
  return broadcastTo(graph.scalar(0), shape);
}

/** [batch, steps, ...] to [steps, batch, ...] and back. */
export function swapBatchAndSteps(x: Value): Value {
  return transpose(x, [1, 0, ...x.shape.map((_, axis) => axis).slice(2)]);
}
