import { pullBack } from './gradients';
import { Graph, type GraphNode, type Value } from './graph';
import type { Program } from './program';
import { type Lookup, replay } from './replay';

/** The body of a loop and which of its inputs are what, as in `ScanAttributes`. */
export interface LoopBody {
  readonly body: Program;
  readonly carries: number;
  readonly sequences: number;
}

/** The body with the gradient of one step written behind it. */
export interface BodySlopes {
  readonly graph: Graph;
  /** The inputs of the body, in its order. */
  readonly inputs: readonly Value[];
  /** Number in the body of each value that the body computes or takes, by its id here. */
  readonly forward: ReadonlyMap<number, number>;
  /** d(loss)/d(next carry) of this step: what comes from the step after. */
  readonly carrySlopes: readonly Value[];
  /** d(loss)/d(entry) of the sequences that the loop gives; undefined where nothing depends on one. */
  readonly givenSlopes: readonly (Value | undefined)[];
  /** d(loss)/d(input), by input; undefined where there is none. */
  readonly slopes: readonly (Value | undefined)[];
  /** Ids of the values that depend on what comes from the step after, or on the slopes of what is given. */
  readonly late: ReadonlySet<number>;
}

/** `depended` says by sequence that the loop gives whether the loss depends on it. */
export function differentiateBody({ body, carries }: LoopBody, depended: readonly boolean[], lookup: Lookup): BodySlopes {
  const graph = new Graph();
  const inputs = body.inputs.map(({ name, value }) => graph.input(name, body.values[value]));
  const values = replay(body, inputs, { graph, lookup });
  const results = body.outputs.map(({ value }) => values.get(value) as Value);
  const slopeOf = (value: Value, i: number): Value => graph.input(`slope${i}`, { shape: value.shape, dtype: 'float32' });
  const carrySlopes = results.slice(0, carries).map(slopeOf);
  const givenSlopes = depended.map((is, i) => {
    const value = results[carries + i];
    return is && value.dtype === 'float32' ? slopeOf(value, carries + i) : undefined;
  });
  const seeds = [...carrySlopes, ...givenSlopes].flatMap((gradient, i) => (gradient ? [{ value: results[i], gradient }] : []));
  const slopes = pullBack(seeds, inputs);
  return {
    graph, inputs, carrySlopes, givenSlopes, slopes,
    forward: new Map([...values].filter(([, { id }]) => !graph.constants.has(id)).map(([number, { id }]) => [id, number])),
    late: lateValues(graph, seeds.map(({ gradient }) => gradient)),
  };
}

function lateValues(graph: Graph, sources: readonly Value[]): Set<number> {
  const late = new Set(sources.map(({ id }) => id));
  for (const { inputs, outputs } of graph.nodes) {
    if (inputs.some(({ id }) => late.has(id))) outputs.forEach(({ id }) => late.add(id));
  }
  return late;
}

/** The nodes that compute late values, in order. */
export function lateNodes({ graph, late }: BodySlopes): GraphNode[] {
  return graph.nodes.filter(({ outputs }) => outputs.some(({ id }) => late.has(id)));
}

/**
 * Numbers of the values of a body that its gradient reads and that are not at hand outside: the loop gives them as further
 * sequences. Of what the gradient computes from them alone (the slope of a sigmoid, say) nothing is kept.
 */
export function savedValues(loop: LoopBody, lookup: Lookup): number[] {
  const given = loop.body.outputs.length - loop.carries;
  const step = differentiateBody(loop, new Array<boolean>(given).fill(true), lookup);
  const outside = new Set(step.inputs.slice(loop.carries).map(({ id }) => id));
  const saved = new Set<number>();
  const keep = (value: Value): void => {
    if (step.late.has(value.id) || outside.has(value.id) || step.graph.constants.has(value.id)) return;
    const number = step.forward.get(value.id);
    if (number === undefined) step.graph.producer(value)?.inputs.forEach(keep);
    else saved.add(number);
  };
  lateNodes(step).forEach(({ inputs }) => inputs.forEach(keep));
  return [...saved];
}
