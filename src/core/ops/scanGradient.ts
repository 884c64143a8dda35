import { broadcastTo } from './broadcastTo';
import type { GraphNode, TensorType, Value } from './graph';
import { EarlyValues } from './scanEarly';
import { LoopWriter } from './scanLoop';
import { LateValues } from './scanLate';
import { differentiateBody } from './scanSlopes';
import type { ScanAttributes } from './scanOp';
import type { Lookup } from './replay';

/** What has reached the outputs of a loop, and which of its inputs want theirs. */
interface Asked {
  readonly upstream: readonly (Value | undefined)[];
  readonly wanted: readonly boolean[];
}

/**
 * The gradient of a loop, in three parts: what depends on the forward loop alone, for all steps at once; a loop the other way
 * of what one step hands to the one before; what follows from that (gradients of sequences and constants), for all steps at once.
 */
export function scanGradient(node: GraphNode<ScanAttributes>, { upstream, wanted }: Asked, lookup: Lookup): readonly (Value | undefined)[] {
  const { attributes, outputs } = node;
  const { carries, sequences, steps, saved } = attributes;
  if (saved === null) throw new Error('a loop that is a gradient has no gradient');
  const [{ graph }] = outputs;
  const given = upstream.slice(carries, outputs.length - saved);
  const step = differentiateBody(attributes, given.map(Boolean), lookup);
  const early = new EarlyValues(node, step);
  const loop = new LoopWriter(step, early);
  const late = new LateValues({ step, early, steps, given, loop });
  const wantedSequences = wanted.slice(carries, carries + sequences);
  const results = step.slopes.slice(carries).map((slope, i) => {
    if (!slope || !wanted[carries + i]) return undefined;
    return i < wantedSequences.length ? late.ofEachStep(slope) : late.overAllSteps(slope);
  });
  const zeros = ({ shape }: TensorType): Value => broadcastTo(graph.scalar(0), shape);
  const { body, xs, consts } = loop.finish();
  const start = step.carrySlopes.map((slope, i) => upstream[i] ?? zeros(slope));
  const backwards: ScanAttributes = { body, carries, sequences: xs.length, steps, reverse: !attributes.reverse, saved: null };
  const written = graph.add(node.op, [...start, ...xs, ...consts], backwards);
  late.looped = written.slice(carries);
  return [...step.slopes.slice(0, carries).map((slope, i) => (slope ? written[i] : undefined)), ...results.map((result) => result?.())];
}
