import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { HostColumn } from '../../src/core/layers/hostColumn';
import type { CallContext, Distribution, KerasShape, LayerDefinition, Mask } from '../../src/core/layers/layer';
import { asFloat, toKerasShape } from '../../src/core/layers/shapes';
import type { JsonObject } from '../../src/core/model/json';
import { floatTensor } from '../../src/core/model/tensor';
import { mul } from '../../src/core/ops/binary';
import { broadcastTo } from '../../src/core/ops/broadcastTo';
import { cast } from '../../src/core/ops/cast';
import { concat } from '../../src/core/ops/concat';
import type { NumericTensor } from '../../src/core/ops/definition';
import { gradients } from '../../src/core/ops/gradients';
import { Graph, type Value } from '../../src/core/ops/graph';
import type { Program } from '../../src/core/ops/program';
import { sum } from '../../src/core/ops/reduce';
import { reshape } from '../../src/core/ops/reshape';
import { BATCH } from '../../src/core/ops/shape';
import type { Tensors } from '../../src/core/ports';
import { interpret } from '../../src/engine/reference/interpreter';

/** Float32 arithmetic of Keras against float64 of the reference. */
const GOLDEN_TOLERANCE = 1e-5;
/** Central differences in float64 err by about step^2 plus 1e-16 / step. */
const STEP = 1e-5;
const SLOPE_TOLERANCE = 1e-6;

interface GoldenTensor {
  /** float32 where missing. */
  readonly dtype?: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One call as Keras computed it: gradients are those of sum(output * seeds). */
interface GoldenRun {
  readonly output: GoldenTensor;
  /** Those of the case where missing. */
  readonly seeds?: GoldenTensor;
  /** None where Keras' own are not exact. */
  readonly inputGradients: readonly GoldenTensor[];
  readonly weightGradients: Readonly<Record<string, GoldenTensor>>;
  /** What the non-trainable variables hold afterwards. */
  readonly moved: Readonly<Record<string, GoldenTensor>>;
}

export interface GoldenCase {
  /** Only the host computes it: there is an output and nothing else. */
  readonly onHost?: true;
  readonly name: string;
  readonly config: JsonObject;
  readonly trainable: boolean;
  readonly inputs: readonly GoldenTensor[];
  readonly weights: readonly (GoldenTensor & { readonly name: string; readonly trainable: boolean })[];
  readonly seeds: GoldenTensor;
  readonly outputShape: KerasShape;
  readonly inference: GoldenRun;
  /** Missing where it is as inference; null where training is refused by name. */
  readonly training?: GoldenRun | null;
  /** The layer jumps at some of these inputs, so that there are no differences to compare with. */
  readonly jumps?: true;
  /** Of the inputs, where they carry one. */
  readonly masks?: readonly (GoldenTensor | null)[];
  /** Tensors and plain values that the call is given by name. */
  readonly named?: Readonly<Record<string, readonly GoldenTensor[]>>;
  readonly settings?: JsonObject;
  /** Shapes of all outputs, where there are several. */
  readonly outputShapes?: readonly KerasShape[];
  /** The masks that the outputs carry in inference; none carries one where this is missing. */
  readonly outputMasks?: readonly (GoldenTensor | null)[];
}

/** Throws where the layer has no golden file: every layer needs one. Those with masks may stand in another. Calls that only the host computes are
 *  those of `hostCases`. */
export function goldenCases(className: string): readonly GoldenCase[] {
  const masked = new URL(`../keras/golden/masks/${className}.json`, import.meta.url);
  return [...layerCases(className), ...(existsSync(masked) ? casesOf(className, masked) : [])].filter(({ onHost }) => !onHost);
}

/** The calls of a layer on what a data set holds. */
export function hostCases(definition: LayerDefinition<unknown>): readonly HostCase[] {
  return 'onHost' in definition ? layerCases(definition.className) : [];
}

function layerCases(className: string): readonly GoldenCase[] {
  return casesOf(className, new URL(`../keras/golden/layers/${className}.json`, import.meta.url));
}

function casesOf(className: string, file: URL): readonly GoldenCase[] {
  const golden = JSON.parse(readFileSync(file, 'utf8')) as { class: string; cases: GoldenCase[] };
  assert.equal(golden.class, className);
  assert.ok(golden.cases.length > 0);
  return golden.cases;
}

/** A call as the host takes it: its inputs may be texts. */
export interface HostCase extends Pick<GoldenCase, 'name' | 'config' | 'outputShape' | 'onHost'> {
  readonly inputs: readonly (GoldenTensor | GoldenTexts)[];
  readonly inference: Pick<GoldenRun, 'output'>;
}

interface GoldenTexts {
  readonly dtype: 'string';
  readonly shape: readonly number[];
  readonly texts: readonly string[];
}

/** What holds for every layer that the host computes: Keras' shape and Keras' numbers exactly, and a refusal by name inside a network. */
export function checkHostLaws(definition: LayerDefinition<unknown>, golden: HostCase): void {
  const config = definition.parse(golden.config, golden.name);
  const shapes = golden.inputs.map(({ shape }): KerasShape => [null, ...shape.slice(1)]);
  assert.deepEqual(definition.outputShapes(config, shapes), [golden.outputShape]);
  assert.deepEqual(definition.weights(config, shapes), []);
  const column = definition.onHost?.(config, golden.inputs.map(columnOf));
  assert.ok(column);
  const { shape, data } = golden.inference.output;
  assert.deepEqual(column.shape, shape.slice(1));
  assert.equal(column.dtype, definition.outputDTypes?.(config, [])[0]);
  const size = data.length / shape[0];
  // Not in their order: no sample may depend on the one that was read before.
  for (let sample = shape[0] - 1; sample >= 0; sample--) {
    const found: number[] = Array.from(column.read(sample));
    const expected = data.slice(sample * size, (sample + 1) * size);
    if (column.dtype === 'int32') assert.deepEqual(found, expected, `sample ${sample}`);
    else compare({ shape: column.shape, data: Float64Array.from(found) }, { shape: column.shape, data: expected }, `sample ${sample}`);
  }
  if (golden.onHost) assert.throws(() => definition.call({ config } as CallContext<unknown>, []), { code: 'unsupported' });
}

function columnOf(tensor: GoldenTensor | GoldenTexts): HostColumn {
  const shape = tensor.shape.slice(1);
  const size = shape.reduce((product, axis) => product * axis, 1);
  const texts = tensor.dtype === 'string' ? tensor.texts : undefined;
  const words = texts && [...new Set(texts)].sort();
  const data = tensor.dtype === 'string' ? tensor.texts.map((text) => words?.indexOf(text) ?? -1) : tensor.data;
  return { shape, dtype: tensor.dtype === 'string' ? 'int32' : (tensor.dtype ?? 'float32'), ...(words ? { words } : {}), read: (sample) => data.slice(sample * size, (sample + 1) * size) };
}

/** A layer's call as a graph, with everything that may be asked of it as outputs. */
class Bench {
  readonly graph = new Graph();
  readonly feeds = new Map<number, NumericTensor>();
  readonly inputs: readonly Value[];
  readonly weights: Readonly<Record<string, Value>>;
  readonly outputs: readonly Value[];
  readonly outputMasks: readonly Mask[];
  readonly updates = new Map<string, Value>();
  readonly batch: number;

  constructor(definition: LayerDefinition<unknown>, golden: GoldenCase, training: boolean) {
    this.batch = golden.inputs[0]?.shape[0] ?? 1;
    this.inputs = golden.inputs.map((tensor, index) => this.feed(`input ${index}`, tensor, [BATCH, ...tensor.shape.slice(1)]));
    this.weights = Object.fromEntries(golden.weights.map((weight) => [weight.name, this.feed(weight.name, weight, weight.shape)]));
    const context: CallContext<unknown> = {
      config: definition.parse(golden.config, golden.name),
      weights: this.weights,
      training,
      trainable: golden.trainable,
      random: (shape, distribution = 'uniform') => {
        const sizes = shape.map((size) => (size < 0 ? -size * this.batch : size));
        return this.feed(`random ${this.feeds.size}`, { shape: sizes, data: drawn(sizes, distribution) }, shape);
      },
      update: (name, next) => this.updates.set(name, next),
      addLoss: () => undefined,
      masks: golden.inputs.map((_, index) => this.mask(golden.masks?.[index], index)),
      named: Object.fromEntries(Object.entries(golden.named ?? {}).map(([name, tensors]) => [name, tensors.map((tensor, index) => this.argument(`${name} ${index}`, tensor))])),
      settings: golden.settings ?? {},
    };
    this.outputs = definition.call(context, this.inputs);
    this.outputMasks = definition.outputMasks?.(context, this.inputs, this.outputs) ?? (definition.passesMask ? context.masks.slice(0, 1) : []);
  }

  /** The output; several as one vector for each sample. */
  get output(): Value {
    const [first, ...others] = this.outputs.map(asFloat);
    if (others.length === 0) return first;
    return concat([first, ...others].map((value) => reshape(value, [BATCH, value.shape.slice(1).reduce((a, b) => a * b, 1)])), 1);
  }

  /** Given as int32: nothing is fed as bool. */
  private mask(tensor: GoldenTensor | null | undefined, index: number): Value | undefined {
    return tensor ? cast(this.argument(`mask ${index}`, { ...tensor, dtype: 'int32' }), 'bool') : undefined;
  }

  private argument(name: string, tensor: GoldenTensor): Value {
    return this.feed(name, tensor, [BATCH, ...tensor.shape.slice(1)]);
  }

  /** What a trainable variable is trained from: a layer may replace it before it is used. */
  trained(name: string): Value {
    return this.updates.get(name) ?? this.weights[name];
  }

  feed(name: string, { shape, data, dtype = 'float32' }: GoldenTensor, declared: readonly number[]): Value {
    const value = this.graph.input(name, { shape: declared, dtype });
    this.feeds.set(value.id, { shape, data: Float64Array.from(data) });
    return value;
  }

  /** Reads values with the feeds as they are now. */
  reader(values: readonly Value[]): () => NumericTensor[] {
    values.forEach((value, index) => this.graph.output(`read ${this.graph.outputs.size} ${index}`, value));
    const program = this.graph.finish();
    this.graph.constants.forEach(({ shape, data }, id) => this.feeds.set(id, { shape, data: Float64Array.from(data) }));
    return () => {
      const lookup = interpret(program, this.feeds, this.batch);
      return values.map(({ id }) => lookup(id));
    };
  }
}

/** What `layers.py` gives Keras in the place of its random numbers; those for a normal distribution lie in [-2, 2). */
function drawn(sizes: readonly number[], distribution: Distribution): number[] {
  const length = sizes.reduce((product, size) => product * size, 1);
  const uniform = Array.from({ length }, (_, i) => (0.3 + i * 0.618034) % 1);
  return distribution === 'uniform' ? uniform : uniform.map((u) => 4 * u - 2);
}

/** One call of a layer as a program for any engine, with the gradients of sum(output * seeds), and what Keras has for each output. */
export function layerProgram(definition: LayerDefinition<unknown>, golden: GoldenCase, training: boolean): LayerProgram {
  const bench = new Bench(definition, golden, training);
  const expected = training ? (golden.training ?? golden.inference) : golden.inference;
  const { outputs, goldens } = watched(bench, golden, expected);
  outputs.forEach((value, index) => bench.graph.output(`out${index}`, value));
  const program = bench.graph.finish();
  const tensors = Object.fromEntries(program.inputs.flatMap(({ name, value }) => {
    const fed = bench.feeds.get(value);
    if (!fed) return [];
    const shape = [...fed.shape];
    const whole = program.values[value].dtype === 'int32';
    return [[name, whole ? { dtype: 'int32' as const, shape, data: Int32Array.from(fed.data) } : floatTensor(shape, Float32Array.from(fed.data))] as const];
  }));
  return { program, tensors, expected: Object.fromEntries(goldens.map((tensor, index) => [`out${index}`, floatTensor([...tensor.shape], Float32Array.from(tensor.data))])) };
}

export interface LayerProgram {
  readonly program: Program;
  readonly tensors: Tensors;
  readonly expected: Tensors;
}

/** What holds for every layer: shapes, Keras' numbers in both modes, Keras' gradients, finite differences. */
export function checkLayerLaws(definition: LayerDefinition<unknown>, golden: GoldenCase): void {
  checkShapes(definition, golden);
  checkWeights(definition, golden);
  checkMasks(definition, golden);
  checkRun(definition, golden, false, golden.inference);
  if (!golden.jumps) checkDifferences(definition, golden, false);
  if (golden.training === null) {
    assert.throws(() => new Bench(definition, golden, true), { code: 'unsupported' });
    return;
  }
  checkRun(definition, golden, true, golden.training ?? golden.inference);
  if (!golden.jumps) checkDifferences(definition, golden, true);
}

function checkShapes(definition: LayerDefinition<unknown>, golden: GoldenCase): void {
  const config = definition.parse(golden.config, golden.name);
  const free = golden.inputs.map(({ shape }): KerasShape => [null, ...shape.slice(1)]);
  const shapes = golden.outputShapes ?? [golden.outputShape];
  assert.deepEqual(definition.outputShapes(config, free, golden.settings), shapes, 'outputShapes with a free batch');
  const { outputs } = new Bench(definition, golden, false);
  const known = golden.outputShapes?.map((shape) => shape.slice(1)) ?? [golden.inference.output.shape.slice(1)];
  assert.deepEqual(outputs.map(({ shape }) => toKerasShape(shape).slice(1)), known, 'the shapes that call gives');
}

function checkMasks(definition: LayerDefinition<unknown>, golden: GoldenCase): void {
  const bench = new Bench(definition, golden, false);
  const wanted = golden.outputMasks ?? [];
  bench.outputs.forEach((_, index) => assert.equal(bench.outputMasks[index] !== undefined, (wanted[index] ?? null) !== null, `output ${index} carries a mask`));
  const found = bench.outputMasks.flatMap((mask, index) => (mask ? [{ mask: cast(mask, 'float32'), index }] : []));
  const tensors = bench.reader(found.map(({ mask }) => mask))();
  found.forEach(({ index }, i) => compare(tensors[i], wanted[index] as GoldenTensor, `mask of output ${index}`));
}

/** Names, shapes and kinds of the variables in Keras' order. */
function checkWeights(definition: LayerDefinition<unknown>, golden: GoldenCase): void {
  const config = definition.parse(golden.config, golden.name);
  const specs = definition.weights(config, golden.inputs.map(({ shape }) => shape));
  const facts = ({ name, shape, trainable }: { name: string; shape: readonly number[]; trainable: boolean }): object => ({ name, shape, trainable });
  assert.deepEqual(trainableFirst(specs).map(facts), trainableFirst(golden.weights).map(facts));
}

/** Wrappers list what they add between the variables of the layer inside. */
function trainableFirst<T extends { readonly trainable: boolean }>(weights: readonly T[]): T[] {
  return [...weights.filter(({ trainable }) => trainable), ...weights.filter(({ trainable }) => !trainable)];
}

function checkRun(definition: LayerDefinition<unknown>, golden: GoldenCase, training: boolean, expected: GoldenRun): void {
  const bench = new Bench(definition, golden, training);
  const { outputs, goldens } = watched(bench, golden, expected);
  const found = bench.reader(outputs)();
  goldens.forEach((tensor, index) => compare(found[index], tensor, `${training ? 'training' : 'inference'}: ${index === 0 ? 'output' : `gradient or state ${index}`}`));
}

/** The output, its gradients by inputs and weights, what moved; and what Keras has for each. */
function watched(bench: Bench, golden: GoldenCase, expected: GoldenRun): { readonly outputs: readonly Value[]; readonly goldens: readonly GoldenTensor[] } {
  const { output } = bench;
  const wrt = [...(expected.inputGradients.length > 0 ? bench.inputs : []), ...Object.keys(expected.weightGradients).map((name) => bench.trained(name))];
  const slopes = slopesOf(weighted(bench, expected.seeds ?? golden.seeds), wrt);
  const moved = Object.keys(expected.moved).map((name) => bench.updates.get(name) ?? bench.weights[name]);
  const outputs = [output, ...slopes, ...moved];
  const goldens = [expected.output, ...expected.inputGradients, ...Object.values(expected.weightGradients), ...Object.values(expected.moved)];
  assert.equal(outputs.length, goldens.length);
  return { outputs, goldens };
}

/** Zeros where nothing depends on a value, as `layers.py` has them. */
function slopesOf(loss: Value, wrt: readonly Value[]): Value[] {
  return gradients(loss, wrt).map((slope, index) => slope ?? broadcastTo(loss.graph.scalar(0), wrt[index].shape));
}

/** sum(output * seeds): every element of the output has another upstream gradient. */
function weighted(bench: Bench, seeds: GoldenTensor): Value {
  const { output } = bench;
  return sum(mul(output, bench.feed('seeds', seeds, output.shape)));
}

function compare(ours: NumericTensor | undefined, golden: GoldenTensor, what: string): void {
  assert.ok(ours, what);
  assert.deepEqual(ours.shape, golden.shape, `${what}: shape`);
  golden.data.forEach((expected, index) => {
    const received = ours.data[index] ?? NaN;
    const error = Math.abs(received - expected) / Math.max(1, Math.abs(expected));
    assert.ok(error < GOLDEN_TOLERANCE, `${what}, element ${index}: ${received} instead of Keras' ${expected}`);
  });
}

/** The gradients against central differences, element by element; kinks lie far from the golden inputs. */
function checkDifferences(definition: LayerDefinition<unknown>, golden: GoldenCase, training: boolean): void {
  const bench = new Bench(definition, golden, training);
  const named: (readonly [string, Value])[] = [
    ...bench.inputs.flatMap((value, index) => (value.dtype === 'float32' ? [[`input ${index}`, value] as const] : [])),
    ...golden.weights.filter(({ trainable, name }) => trainable && !bench.updates.has(name)).map(({ name }) => [name, bench.weights[name]] as const),
  ];
  const loss = weighted(bench, (training ? golden.training?.seeds : undefined) ?? golden.seeds);
  const slopes = slopesOf(loss, named.map(([, value]) => value));
  const read = bench.reader([loss, ...slopes]);
  const [, ...analytic] = read();
  named.forEach(([name, value], which) => {
    const data = bench.feeds.get(value.id)?.data ?? new Float64Array();
    assert.equal(analytic[which]?.data.length, data.length, `${name} gets a gradient`);
    data.forEach((kept, at) => {
      const [above, below] = [kept + STEP, kept - STEP].map((moved) => {
        data[at] = moved;
        return read()[0]?.data[0] ?? NaN;
      });
      data[at] = kept;
      const expected = (above - below) / (2 * STEP);
      const received = analytic[which]?.data[at] ?? NaN;
      const error = Math.abs(received - expected) / Math.max(1, Math.abs(expected));
      assert.ok(error < SLOPE_TOLERANCE, `${name}, element ${at}: slope ${received}, differences say ${expected}`);
    });
  });
}
