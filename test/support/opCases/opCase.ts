import type { ComputeDType, Tensor } from '../../../src/core/model/tensor';
import { sizeOf } from '../../../src/core/model/tensor';
import { conv } from '../../../src/core/ops/conv';
import { Graph, type Value } from '../../../src/core/ops/graph';
import type { Program } from '../../../src/core/ops/program';
import type { OpName } from '../../../src/core/ops/registry';
import { resolveShape, type Shape } from '../../../src/core/ops/shape';

/**
 * What an input is drawn from. `any`: -2 to 2. `positive`: 0.1 to 3. `wide`: -30 to 30, with 0 among them. `small`: of magnitude
 * 1e-8 to 1, both signs. `whole`: -2, -1, 0, 1, 2 as floats, so that there are ties. `index`: -2 to 6. `row`: 0 to 7.
 * `truth`: 0 and 1.
 */
export type Domain = 'any' | 'positive' | 'wide' | 'small' | 'whole' | 'index' | 'row' | 'truth';

export interface CaseInput {
  readonly shape: Shape;
  /** float32 unless told. */
  readonly dtype?: ComputeDType;
  readonly domain?: Domain;
  /** A constant of the program instead of an input; its shape is fixed. */
  readonly constant?: true;
}

/** One use of an operation that every engine must compute as the reference does. */
export interface OpCase {
  readonly op: OpName;
  readonly what: string;
  readonly inputs: readonly CaseInput[];
  readonly build: (...values: readonly Value[]) => Value | readonly Value[];
  /** Relative; 1e-5 unless told, and then with a reason beside it. */
  readonly tolerance?: number;
}

/** A seeded stream of numbers from 0 to 1 (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const draw: Record<Domain, (u: number, again: number) => number> = {
  any: (u) => 4 * u - 2,
  positive: (u) => 0.1 + 2.9 * u,
  wide: (u, again) => (again < 0.1 ? 0 : 60 * u - 30),
  small: (u, again) => 10 ** (-8 * u) * (again < 0.5 ? -1 : 1) * 0.99,
  whole: (u) => Math.floor(5 * u) - 2,
  index: (u) => Math.floor(9 * u) - 2,
  row: (u) => Math.floor(8 * u),
  truth: (u) => (u < 0.5 ? 0 : 1),
};

const defaultDomain: Record<ComputeDType, Domain> = { float32: 'any', int32: 'index', bool: 'truth' };

/** A tensor for an input at this batch size. */
export function drawTensor({ shape, dtype = 'float32', domain = defaultDomain[dtype] }: CaseInput, { batch, seed }: { batch: number; seed: number }): Tensor {
  const next = uniform(seed);
  const resolved = resolveShape(shape, batch);
  const numbers = Array.from({ length: sizeOf(resolved) }, () => draw[domain](next(), next()));
  const data = dtype === 'float32' ? Float32Array.from(numbers) : dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
  return { dtype, shape: resolved, data };
}

/** How the inputs reach the operation: as fed, or (`all`, every `other`) through a convolution that changes nothing. */
export type Route = 'fed' | 'all' | 'other';

/** The case as a program with inputs `in0`, `in1`, … and outputs `out0`, …; undefined where the route is no other than `fed`. */
export function caseProgram(opCase: OpCase, route: Route): Program | undefined {
  const graph = new Graph();
  let routed = 0;
  const values = opCase.inputs.map((input, i) => {
    const value = declare(graph, input, i);
    const takes = route === 'all' || (route === 'other' && i % 2 === 1);
    if (!takes || input.constant || !isImage(input)) return value;
    routed++;
    return convolveByOne(value);
  });
  if (route !== 'fed' && routed === 0) return undefined;
  const built = opCase.build(...values);
  [built].flat().forEach((value, i) => graph.output(`out${i}`, value));
  return graph.finish();
}

function declare(graph: Graph, input: CaseInput, i: number): Value {
  const { shape, dtype = 'float32', constant } = input;
  return constant ? graph.constant(drawTensor(input, { batch: 1, seed: 100 + i })) : graph.input(`in${i}`, { shape, dtype });
}

function isImage({ shape, dtype = 'float32' }: CaseInput): boolean {
  return dtype === 'float32' && shape.length >= 3 && shape.length <= 5 && shape.slice(1).every((dim) => dim > 0);
}

/** One tap of weight 1 for each channel: the same numbers, as a convolution leaves them. */
function convolveByOne(value: Value): Value {
  const spatial = value.shape.length - 2;
  const channels = value.shape[spatial + 1];
  const each = <T>(entry: T): T[] => new Array<T>(spatial).fill(entry);
  const kernel = value.graph.constant({ dtype: 'float32', shape: [...each(1), 1, channels], data: new Float32Array(channels).fill(1) });
  return conv(value, kernel, { strides: each(1), padding: each([0, 0] as const), dilation: each(1), groups: channels });
}
