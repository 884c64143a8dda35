import { z } from 'zod';
import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Value } from '../ops/graph';
import { logSoftmax, softmax } from '../ops/softmax';
import { elu, exp, relu, selu, sigmoid, softplus, tanh } from '../ops/unary';
import * as formulas from './activationFunctions';
import { readConfig } from './config';
import type { KerasShape } from './layer';

/** An activation, its parameters bound. */
export interface Activation {
  /** Keras' name of the function, or of the layer class that serves as one. */
  readonly name: string;
  readonly apply: (x: Value) => Value;
  /** `glu` halves an axis; every other one keeps the shape. */
  readonly outputShape: (shape: KerasShape) => KerasShape;
}

/** A config whose activation is bound. */
export type Activated<C extends { readonly activation?: unknown }> = Omit<C, 'activation'> & { readonly activation: Activation };

interface Entry {
  /** Binds the parameters that a `{ class_name, config }` object may give. */
  bind(parameters: JsonObject, where: string): (x: Value) => Value;
  readonly halves?: boolean;
}

const plain = (apply: (x: Value) => Value): Entry => ({ bind: () => apply });

function withParameters<S extends z.ZodType>(schema: S, apply: (x: Value, parameters: z.output<S>) => Value): Entry {
  return {
    bind: (config, where) => {
      const parameters = readConfig(schema, config, where);
      return (x) => apply(x, parameters);
    },
  };
}

export const reluParameters = z.object({
  max_value: z.number().nonnegative().nullish().transform((limit) => limit ?? null),
  negative_slope: z.number().nonnegative().default(0),
  threshold: z.number().nonnegative().default(0),
});

/** Keras 2 named it `alpha`. */
export const leakyParameters = z.object({ negative_slope: z.number().nonnegative().optional(), alpha: z.number().nonnegative().optional() });

export const eluParameters = z.object({ alpha: z.number().default(1) });

export const softmaxParameters = z.object({ axis: z.union([z.int(), z.array(z.int()).min(1)]).default(-1) });

const axisParameter = z.object({ axis: z.int().default(-1) });
const shrinkParameter = z.object({ threshold: z.number().default(0.5) });

export const reluOf = (x: Value, config: z.output<typeof reluParameters>): Value =>
  formulas.generalRelu(x, { maxValue: config.max_value, negativeSlope: config.negative_slope, threshold: config.threshold });

export const softmaxOf = (x: Value, { axis }: z.output<typeof softmaxParameters>): Value =>
  formulas.softmaxOver(x, typeof axis === 'number' ? [axis] : axis);

const leakyWithDefault = (slope: number): Entry =>
  withParameters(leakyParameters, (x, config) => formulas.leakyRelu(x, config.negative_slope ?? config.alpha ?? slope));

const functions: Readonly<Record<string, Entry>> = {
  linear: plain((x) => x),
  relu: withParameters(reluParameters, (x, config) => (isPlainRelu(config) ? relu(x) : reluOf(x, config))),
  leaky_relu: leakyWithDefault(0.2),
  relu6: plain(formulas.relu6),
  softmax: withParameters(axisParameter, (x, { axis }) => softmax(x, axis)),
  log_softmax: withParameters(axisParameter, (x, { axis }) => logSoftmax(x, axis)),
  celu: withParameters(eluParameters, (x, { alpha }) => formulas.celu(x, alpha)),
  elu: withParameters(eluParameters, (x, { alpha }) => elu(x, alpha)),
  selu: plain(selu),
  softplus: plain(softplus),
  softsign: plain(formulas.softsign),
  squareplus: withParameters(z.object({ b: z.number().default(4) }), (x, { b }) => formulas.squareplus(x, b)),
  soft_shrink: withParameters(shrinkParameter, (x, { threshold }) => formulas.softShrink(x, threshold)),
  hard_shrink: withParameters(shrinkParameter, (x, { threshold }) => formulas.hardShrink(x, threshold)),
  threshold: withParameters(z.object({ threshold: z.number(), default_value: z.number() }), (x, config) =>
    formulas.hardThreshold(x, config.threshold, config.default_value)),
  sparse_plus: plain(formulas.sparsePlus),
  sparse_sigmoid: plain(formulas.sparseSigmoid),
  sparsemax: plain(formulas.sparsemax),
  silu: plain(formulas.silu),
  gelu: withParameters(z.object({ approximate: z.boolean().default(false) }), (x, { approximate }) => formulas.gelu(x, approximate)),
  glu: { ...withParameters(z.object({ axis: z.literal(-1).default(-1) }), (x, { axis }) => formulas.glu(x, axis)), halves: true },
  tanh: plain(tanh),
  tanh_shrink: plain(formulas.tanhShrink),
  sigmoid: plain(sigmoid),
  exponential: plain(exp),
  hard_sigmoid: plain(formulas.hardSigmoid),
  hard_silu: plain(formulas.hardSilu),
  hard_tanh: plain(formulas.hardTanh),
  log_sigmoid: plain(formulas.logSigmoid),
  mish: plain(formulas.mish),
  /** What `hard_sigmoid` meant in a file of Keras 2; Keras 3 has no name for it. */
  keras2_hard_sigmoid: plain(formulas.hardSigmoidOfKeras2),
};

const aliases: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu', exp: 'exponential' };

/** Layer classes that may stand where an activation is asked for. */
const layerClasses: Readonly<Record<string, Entry>> = {
  ReLU: withParameters(reluParameters, reluOf),
  LeakyReLU: leakyWithDefault(0.3),
  ELU: withParameters(eluParameters, (x, { alpha }) => elu(x, alpha)),
  Softmax: withParameters(softmaxParameters, softmaxOf),
  Activation: { bind: (config, where) => parseActivation(config['activation'], where).apply },
};

/** Every name that `parseActivation` takes. */
export const activationNames: readonly string[] = [...Object.keys(functions), ...Object.keys(aliases)];

function isPlainRelu(config: z.output<typeof reluParameters>): boolean {
  return config.max_value === null && config.negative_slope === 0 && config.threshold === 0;
}

/** `readConfig` of a layer with an activation. */
export function readActivated<S extends z.ZodType<{ activation?: Json | undefined }>>(schema: S, config: JsonObject, where: string): Activated<z.output<S>> {
  const read = readConfig(schema, config, where);
  return { ...read, activation: parseActivation(read.activation, where) };
}

/**
 * An activation as a config names it: nothing, a name of keras.activations, `{ class_name, config }` of a function or of an
 * activation layer. Throws `unsupported` for a name that Keras does not have, `config-invalid` for wrong parameters.
 */
export function parseActivation(activation: Json | undefined, where: string): Activation {
  const place = `${where}.activation`;
  if (activation === undefined || activation === null) return bound('linear', functions['linear'], {}, place);
  if (typeof activation === 'string') return bound(activation, functionNamed(activation), {}, place);
  if (!isJsonObject(activation) || typeof activation['class_name'] !== 'string') {
    throw new SurgeryError('config-invalid', 'An activation is neither a name nor a Keras object.', {
      expected: 'a name or { class_name, config }',
      received: JSON.stringify(activation).slice(0, 200),
      where: place,
    });
  }
  return fromObject(activation['class_name'], activation['config'], where);
}

function fromObject(className: string, config: Json | undefined, where: string): Activation {
  const place = `${where}.activation`;
  // Keras writes a function that it knows as { class_name: "function", config: "relu" }.
  if (className === 'function' && typeof config === 'string') return parseActivation(config, where);
  const entry = own(layerClasses, className) ?? functionNamed(className);
  return bound(className, entry, isJsonObject(config) ? config : {}, place);
}

function functionNamed(name: string): Entry | undefined {
  return own(functions, own(aliases, name) ?? name);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function bound(name: string, entry: Entry | undefined, parameters: JsonObject, place: string): Activation {
  if (!entry) {
    throw new SurgeryError('unsupported', `The activation ${name} is not supported.`, { expected: activationNames.join(', '), received: name, where: place });
  }
  const outputShape = (shape: KerasShape): KerasShape => (entry.halves === true ? halved(shape) : shape);
  return { name, apply: entry.bind(parameters, place), outputShape };
}

function halved(shape: KerasShape): KerasShape {
  const size = shape.at(-1) ?? null;
  return [...shape.slice(0, -1), size === null ? null : size / 2];
}
