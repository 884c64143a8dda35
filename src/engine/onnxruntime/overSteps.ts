import type { Program } from '../../core/ops/program';
import type { Name } from './graphWriter';
import type { OnnxProgram } from './lowerProgram';
import type { OnnxGraph, OnnxValueInfo } from './onnxModel';

/** The name of a tensor around the loop: its own stays inside. */
function outside(name: Name): Name {
  return `steps/${name}`;
}

/** The free axis in front of everything that each step has its own of. */
const STEPS = 'steps';

/**
 * The graph of one step as the body of a Scan: several steps are one call, with inputs and outputs [steps, ...]. States that
 * change are carried from step to step inside the runtime; what does not change is read from around the loop. Each step runs
 * the same kernels however many there are, so how steps are grouped changes no byte. Undefined where a step takes no input,
 * as then there is nothing to count steps by.
 */
export function overSteps(step: OnnxProgram, { inputs, states, values }: Program): OnnxProgram | undefined {
  const infos = new Map(step.graph.inputs.map((info) => [info.name, info]));
  const fedInputs = inputs.flatMap(({ value }) => named(step.feeds.get(value)));
  if (fedInputs.length === 0) return undefined;
  const feeds = new Map(step.feeds);
  const carried = states.filter(({ name }) => step.nextStates.has(name)).map(({ name, value }): Carried => {
    const input = feeds.get(value) ?? `unread ${name}`;
    feeds.set(value, input);
    const { dtype, shape } = values[value];
    return { info: { name: input, dtype, dims: shape }, next: step.nextStates.get(name) as Name };
  });
  const scanned = fedInputs.map((name) => infos.get(name) as OnnxValueInfo);
  const looped = new Set([...fedInputs, ...carried.map(({ info }) => info.name)]);
  return {
    graph: loopGraph(step, { carried, scanned, fixed: step.graph.inputs.filter(({ name }) => !looped.has(name)) }),
    feeds: new Map([...feeds].map(([value, name]) => [value, looped.has(name) ? outside(name) : name])),
    outputs: renamed(step.outputs),
    nextStates: renamed(step.nextStates),
  };
}

interface Carried {
  /** As the body takes it. */
  readonly info: OnnxValueInfo;
  /** What the body leaves in it. */
  readonly next: Name;
}

interface Loop {
  readonly carried: readonly Carried[];
  readonly scanned: readonly OnnxValueInfo[];
  /** Inputs that the body reads from around it. */
  readonly fixed: readonly OnnxValueInfo[];
}

function loopGraph({ graph, outputs }: OnnxProgram, { carried, scanned, fixed }: Loop): OnnxGraph {
  const types = new Map(graph.outputs.map((info) => [info.name, info]));
  const results = [...carried.map(({ next }) => next), ...outputs.values()].map((name) => types.get(name) as OnnxValueInfo);
  const taken = [...carried.map(({ info }) => info), ...scanned];
  const body: OnnxGraph = { nodes: graph.nodes, initializers: [], inputs: taken, outputs: results };
  const around = [...carried.map(({ info }) => info), ...scanned.map((info) => ({ ...info, dims: [STEPS, ...(info.dims ?? [])] }))];
  return {
    nodes: [{
      op: 'Scan', domain: '', name: 'steps',
      inputs: taken.map(({ name }) => outside(name)),
      outputs: results.map(({ name }) => outside(name)),
      attributes: { body: { graph: body }, num_scan_inputs: scanned.length },
    }],
    initializers: graph.initializers,
    inputs: [...around.map((info) => ({ ...info, name: outside(info.name) })), ...fixed],
    outputs: results.map(({ name, dtype }) => ({ name: outside(name), dtype })),
  };
}

function named(name: Name | undefined): Name[] {
  return name === undefined ? [] : [name];
}

function renamed(names: ReadonlyMap<string, Name>): Map<string, Name> {
  return new Map([...names].map(([key, name]) => [key, outside(name)]));
}
