import { z } from 'zod';
import type { Json, JsonObject } from '../model/json';
import { mul } from '../ops/binary';
import { add } from '../ops/binary';
import { concat } from '../ops/concat';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { slice } from '../ops/slice';
import { split } from '../ops/split';
import { parseActivation, type Activation } from './activations';
import { json, positive, readConfig, variableSettings } from './config';
import { dropped } from './dropout';
import type { CallContext, KerasShape, WeightSpec } from './layer';

/** What a cell may ask for while it is called. */
export type CellContext<C> = Pick<CallContext<C>, 'config' | 'weights' | 'training' | 'random'>;

/** A cell's step on a sequence: what does not depend on the step before is computed for all steps at once. */
export interface PreparedCell {
  /** [steps, batch, ...]: what each step reads an entry of. */
  readonly entries: readonly Value[];
  /** What every step reads whole. */
  readonly consts: readonly Value[];
  /** The states after a step; the first is the cell's output. All arguments are of the loop's body. */
  step(entries: readonly Value[], states: readonly Value[], consts: readonly Value[]): readonly Value[];
}

/** A Keras cell class: one step of a recurrent layer. `input` is the shape of one step, [batch, ...]. */
export interface RecurrentCell<C> {
  readonly className: string;
  /** Throws `config-invalid`, or `unsupported` with the name of what is not. */
  parse(config: JsonObject, where: string): C;
  weights(config: C, input: KerasShape): readonly WeightSpec[];
  /** [batch, ...] of each state; the first is the output's. */
  stateShapes(config: C, input: KerasShape): readonly KerasShape[];
  /** `sequence` is [steps, batch, ...]. */
  prepare(context: CellContext<C>, sequence: Value): PreparedCell;
  /** Whether it drops at random in training. */
  drops(config: C): boolean;
}

const share = z.number().default(0).transform((rate) => Math.min(1, Math.max(0, rate)));

/** What every cell class reads of its config. */
export const cellConfig = z.object({
  activation: json.default('tanh'),
  recurrent_activation: json.default('sigmoid'),
  use_bias: z.boolean().default(true),
  unit_forget_bias: z.boolean().default(true),
  ...variableSettings('kernel'),
  ...variableSettings('recurrent'),
  ...variableSettings('bias'),
  dropout: share,
  recurrent_dropout: share,
  /** 1: each gate has its own dropout of the input. */
  implementation: z.int().nullish().transform((kind) => kind ?? 2),
});

const gatedConfig = cellConfig.extend({ units: positive, reset_after: z.boolean().default(true) });

/** With the activations read, and each gate apart where the states are dropped. */
export type CellConfig<C extends z.output<typeof cellConfig>> = Omit<C, 'activation' | 'recurrent_activation'> & {
  readonly activation: Activation;
  readonly recurrentActivation: Activation;
};

export type GatedConfig = CellConfig<z.output<typeof gatedConfig>>;

export function parseCell<S extends typeof cellConfig>(schema: S, config: JsonObject, where: string): CellConfig<z.output<S>> {
  const { activation, recurrent_activation, ...read } = readConfig(schema, config, where);
  const implementation = read.recurrent_dropout > 0 ? 1 : read.implementation;
  return { ...read, implementation, activation: parseActivation(activation, where), recurrentActivation: parseActivation(recurrent_activation, where) };
}

/** The config of a cell with `units`. */
export function parseGated(config: JsonObject, where: string): GatedConfig {
  return parseCell(gatedConfig, config, where);
}

interface KernelShapes {
  readonly kernel: readonly number[];
  readonly recurrent: readonly number[];
  readonly bias: readonly number[];
  readonly biasInitializer?: Json;
}

/** kernel, recurrent_kernel and, where there is one, bias. */
export function cellWeights(config: object & { readonly use_bias: boolean }, shapes: KernelShapes): readonly WeightSpec[] {
  const setting = (key: string): Json => (config as Readonly<Record<string, Json | undefined>>)[key] ?? null;
  const spec = (name: string, prefix: string, shape: readonly number[], initializer: Json): WeightSpec => {
    const [regularizer, constraint] = [setting(`${prefix}_regularizer`), setting(`${prefix}_constraint`)];
    return { name, shape, initializer, trainable: true, ...(regularizer === null ? {} : { regularizer }), ...(constraint === null ? {} : { constraint }) };
  };
  return [
    spec('kernel', 'kernel', shapes.kernel, setting('kernel_initializer') ?? 'glorot_uniform'),
    spec('recurrent_kernel', 'recurrent', shapes.recurrent, setting('recurrent_initializer') ?? 'orthogonal'),
    ...(config.use_bias ? [spec('bias', 'bias', shapes.bias, shapes.biasInitializer ?? setting('bias_initializer') ?? 'zeros')] : []),
  ];
}

/** The bias of an LSTM: ones for the forget gate, the second of four. */
export function forgetBias({ unit_forget_bias, bias_initializer }: { unit_forget_bias: boolean; bias_initializer?: Json | undefined }): Json {
  const initializer = bias_initializer ?? 'zeros';
  return unit_forget_bias ? { class_name: 'UnitForgetBias', config: { bias_initializer: initializer } } : initializer;
}

/** One mask of dropout for all steps of a call, for a tensor of this shape: 0 or 1 / (1 - rate). */
export function dropoutMask({ random }: Pick<CellContext<unknown>, 'random'>, rate: number, shape: readonly number[]): Value {
  const uniform = random(shape);
  return dropped(uniform.graph.constant({ dtype: 'float32', shape: [], data: Float32Array.of(1) }), rate, () => uniform);
}

/** A named variable of the cell. */
export function weightOf({ weights }: Pick<CellContext<unknown>, 'weights'>, name: string): Value {
  const value = weights[name];
  if (!value) throw new Error(`a cell was given no ${name}`);
  return value;
}

/** Whether gates (and not only cells with one) drop: Keras leaves rates of 0 and 1 alone. */
export function dropsGates(training: boolean, rate: number): boolean {
  return training && rate > 0 && rate < 1;
}

/** x kernel + bias of all gates, [steps, batch, gates * units]; the input is dropped once for all gates or for each. */
export function projectGates(context: CellContext<GatedConfig>, sequence: Value, { gates, bias }: { gates: number; bias: Value | undefined }): Value {
  const { config, training } = context;
  const kernel = weightOf(context, 'kernel');
  const dropping = dropsGates(training, config.dropout);
  const mask = (): Value => dropoutMask(context, config.dropout, sequence.shape.slice(1));
  const product = dropping && config.implementation === 1
    ? concat(eachGate(kernel, gates, config.units).map((part) => matmul(mul(sequence, mask()), part)), 2)
    : matmul(dropping ? mul(sequence, mask()) : sequence, kernel);
  return bias ? add(product, bias) : product;
}

function eachGate(kernel: Value, gates: number, units: number): readonly Value[] {
  return split(kernel, new Array<number>(gates).fill(units), kernel.shape.length - 1);
}

/** What the recurrent product reads: the kernel, or where states are dropped, the kernel and a mask of each gate. */
export function recurrentConsts(context: CellContext<GatedConfig>, gates: number, sequence: Value): { readonly kernel: Value; readonly masks: readonly Value[] } {
  const { config, training } = context;
  const kernel = weightOf(context, 'recurrent_kernel');
  if (!dropsGates(training, config.recurrent_dropout)) return { kernel, masks: [] };
  const shape = [sequence.shape[1], config.units];
  return { kernel, masks: Array.from({ length: gates }, () => dropoutMask(context, config.recurrent_dropout, shape)) };
}

/** h kernel, each gate's own h dropped by its mask where there are masks. [batch, gates * units] */
export function recurrentProduct(state: Value, kernel: Value, masks: readonly Value[]): Value {
  if (masks.length === 0) return matmul(state, kernel);
  const units = kernel.shape[1] / masks.length;
  return concat(masks.map((mask, i) => matmul(mul(state, mask), slice(kernel, 1, i * units, (i + 1) * units))), 1);
}
