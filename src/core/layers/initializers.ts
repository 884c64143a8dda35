import { z } from 'zod';
import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { sizeOf } from '../model/tensor';
import type { RandomStream } from '../training/random';

type Numbers = Float32Array;
type Shape = readonly number[];

interface Initializer {
  readonly schema: z.ZodType<JsonObject>;
  draw(shape: Shape, settings: Readonly<Record<string, unknown>>, random: RandomStream): Numbers;
}

/** Standard deviation of a standard normal cut off at two, which Keras divides by so that the given deviation is kept. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Axes of a kernel that count inputs (outputs) of a unit. */
export interface FanAxes {
  readonly input_axes?: readonly number[] | null | undefined;
  readonly output_axes?: readonly number[] | null | undefined;
}

/** Inputs and outputs of a unit, as Keras counts them: by the axes that are named, or the kernel's spatial size times the last two axes. */
export function fansOf(shape: Shape, { input_axes: inputs, output_axes: outputs }: FanAxes = {}): { readonly fanIn: number; readonly fanOut: number } {
  const [first = 1] = shape;
  if (inputs && outputs) return { fanIn: sizeOf(inputs.map((axis) => shape[axis] ?? 1)), fanOut: sizeOf(outputs.map((axis) => shape[axis] ?? 1)) };
  if (shape.length < 2) return { fanIn: first, fanOut: first };
  const receptive = sizeOf(shape.slice(0, -2));
  return { fanIn: (shape.at(-2) ?? 1) * receptive, fanOut: (shape.at(-1) ?? 1) * receptive };
}

type Mode = 'fan_in' | 'fan_out' | 'fan_avg';
type Distribution = 'truncated_normal' | 'untruncated_normal' | 'uniform';

interface Scaling extends FanAxes {
  readonly scale: number;
  readonly mode: Mode;
  readonly distribution: Distribution;
}

function drawScaled(shape: Shape, { scale, mode, distribution, ...axes }: Scaling, random: RandomStream): Numbers {
  const { fanIn, fanOut } = fansOf(shape, axes);
  const fan = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[mode];
  const variance = scale / Math.max(1, fan);
  if (distribution === 'uniform') {
    const limit = Math.sqrt(3 * variance);
    return fill(shape, () => (2 * random.uniform() - 1) * limit);
  }
  const deviation = Math.sqrt(variance);
  if (distribution === 'untruncated_normal') return fill(shape, () => random.normal() * deviation);
  return fill(shape, () => (truncated(random) * deviation) / TRUNCATED_DEVIATION);
}

/** A standard normal number within two deviations. */
function truncated(random: RandomStream): number {
  for (;;) {
    const number = random.normal();
    if (Math.abs(number) <= 2) return number;
  }
}

function fill(shape: Shape, next: (index: number) => number): Numbers {
  const numbers = new Float32Array(sizeOf(shape));
  for (let index = 0; index < numbers.length; index++) numbers[index] = next(index);
  return numbers;
}

/** Defines an initializer; the schema completes its config. */
function initializer<S extends z.ZodType<object>>(
  schema: S,
  draw: (shape: Shape, settings: z.output<S>, random: RandomStream) => Numbers,
): Initializer {
  return { schema: schema as unknown as z.ZodType<JsonObject>, draw: draw as Initializer['draw'] };
}

const axesList = z.array(z.int().nonnegative()).nullish();
const explicitAxes = z.object({ input_axes: axesList, output_axes: axesList });

const scaled = (scaling: Scaling): Initializer => initializer(explicitAxes, (shape, axes, random) => drawScaled(shape, { ...scaling, ...axes }, random));

const varianceScaling = explicitAxes.extend({
  scale: z.number().positive().default(1),
  mode: z.string().toLowerCase().pipe(z.enum(['fan_in', 'fan_out', 'fan_avg'])).default('fan_in'),
  distribution: z
    .string()
    .toLowerCase()
    .transform((word) => (word === 'normal' ? 'truncated_normal' : word))
    .pipe(z.enum(['truncated_normal', 'untruncated_normal', 'uniform']))
    .default('truncated_normal'),
});

const normal = z.object({ mean: z.number().default(0), stddev: z.number().default(0.05) });

/** Of a Fourier transform: `[frame, 1, bins]`. */
const transform = z.object({
  side: z.enum(['real', 'imag']).default('real'),
  window: z.union([z.enum(['hann', 'hamming', 'boxcar']), z.array(z.number())], 'a window of hann, hamming, boxcar or numbers').nullish(),
  scaling: z.enum(['density', 'spectrum']).nullish(),
  periodic: z.boolean().default(false),
});

/** Cosines or sines under a window, scaled by it. */
function fourier(shape: Shape, settings: z.output<typeof transform>): Numbers {
  const [frame = 1, channels, bins = 1] = shape;
  const weights = windowWeights(frame, settings);
  if (shape.length !== 3 || channels !== 1 || weights.length !== frame) {
    throw new SurgeryError('config-invalid', 'A Fourier transform is [frame, 1, bins], and its window as long as a frame.', { expected: '[frame, 1, bins]', received: `[${shape.join(', ')}]` });
  }
  const scale = settings.window ? windowScale(weights, settings.scaling) : 1;
  const wave = settings.side === 'real' ? Math.cos : Math.sin;
  return fill(shape, (index) => {
    const [time, bin] = [Math.floor(index / bins), index % bins];
    return (weights[time] * wave((-2 * Math.PI * time * bin) / ((bins - 1) * 2))) / scale;
  });
}

/** As SciPy makes them, whose `fftbins` Keras calls `periodic`. */
function windowWeights(frame: number, { window, periodic }: z.output<typeof transform>): readonly number[] {
  if (Array.isArray(window)) return window;
  const mean = { hann: 0.5, hamming: 0.54, boxcar: 1 }[window ?? 'boxcar'];
  if (frame === 1) return [1];
  return Array.from({ length: frame }, (_, at) => mean - (1 - mean) * Math.cos((2 * Math.PI * at) / (periodic ? frame : frame - 1)));
}

function windowScale(weights: readonly number[], scaling: z.output<typeof transform>['scaling']): number {
  if (scaling === 'density') return Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
  return scaling === 'spectrum' ? weights.reduce((sum, weight) => sum + Math.abs(weight), 0) : 1;
}

const initializers: Readonly<Record<string, Initializer>> = {
  Zeros: initializer(z.object({}), (shape) => new Float32Array(sizeOf(shape))),
  Ones: initializer(z.object({}), (shape) => fill(shape, () => 1)),
  Constant: initializer(z.object({ value: z.number().default(0) }), (shape, { value }) => fill(shape, () => value)),
  RandomUniform: initializer(z.object({ minval: z.number().default(-0.05), maxval: z.number().default(0.05) }), (shape, { minval, maxval }, random) =>
    fill(shape, () => minval + random.uniform() * (maxval - minval))),
  RandomNormal: initializer(normal, (shape, { mean, stddev }, random) => fill(shape, () => mean + random.normal() * stddev)),
  TruncatedNormal: initializer(normal, (shape, { mean, stddev }, random) => fill(shape, () => mean + truncated(random) * stddev)),
  VarianceScaling: initializer(varianceScaling, drawScaled),
  GlorotUniform: scaled({ scale: 1, mode: 'fan_avg', distribution: 'uniform' }),
  GlorotNormal: scaled({ scale: 1, mode: 'fan_avg', distribution: 'truncated_normal' }),
  LecunUniform: scaled({ scale: 1, mode: 'fan_in', distribution: 'uniform' }),
  LecunNormal: scaled({ scale: 1, mode: 'fan_in', distribution: 'truncated_normal' }),
  HeUniform: scaled({ scale: 2, mode: 'fan_in', distribution: 'uniform' }),
  HeNormal: scaled({ scale: 2, mode: 'fan_in', distribution: 'truncated_normal' }),
  Orthogonal: initializer(z.object({ gain: z.number().default(1) }), (shape, { gain }, random) => orthogonal(shape, gain, random)),
  UnitForgetBias: initializer(z.object({ bias_initializer: z.custom<Json>().default('zeros') }), unitForgetBias),
  STFT: initializer(transform, (shape, settings) => fourier(shape, settings)),
  Identity: initializer(z.object({ gain: z.number().default(1) }), (shape, { gain }) => identity(shape, gain)),
};

/** Keras takes each name in both spellings, and old names of some. */
const oldNames: Readonly<Record<string, string>> = {
  zero: 'Zeros', one: 'Ones', uniform: 'RandomUniform', normal: 'RandomNormal', identityinitializer: 'Identity', orthogonalinitializer: 'Orthogonal',
};

const bySpelling = new Map([
  ...Object.keys(initializers).map((name) => [spelling(name), name] as const),
  ...Object.entries(oldNames).map(([old, name]) => [spelling(old), name] as const),
]);

function spelling(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}

/** The initializer of a kernel whose axes of inputs and outputs are known, where it looks at them and does not name its own. */
export function withFanAxes(named: Json, axes: { readonly input_axes: readonly number[]; readonly output_axes: readonly number[] }): Json {
  const { name, config } = nameAndConfig(named);
  const known = bySpelling.get(spelling(name)) ?? '';
  const own = (config['input_axes'] ?? null) !== null && (config['output_axes'] ?? null) !== null;
  return own || !/^(VarianceScaling|Glorot|Lecun|He)/.test(known) ? named : { class_name: known, config: { ...config, ...axes } };
}

/**
 * Fresh values of a variable, row-major, by Keras' formulas. The numbers come from `random`; a seed in the config is not used,
 * because the plan's seed rules. Throws `unsupported` for an initializer that is not known, `config-invalid` for wrong settings.
 */
export function initialize(named: Json, shape: readonly number[], random: RandomStream): Float32Array {
  const { name, config } = nameAndConfig(named);
  const known = bySpelling.get(spelling(name));
  if (known === undefined) {
    throw new SurgeryError('unsupported', `The initializer ${name} is not supported.`, { expected: Object.keys(initializers).join(', '), received: name });
  }
  const found = initializers[known];
  const settings = found.schema.safeParse(config);
  if (settings.success) return found.draw(shape, settings.data, random);
  throw new SurgeryError('config-invalid', `The config of the initializer ${name} is wrong.`, {
    expected: settings.error.issues[0]?.message ?? 'a Keras config',
    received: JSON.stringify(config),
    where: `${name}.${(settings.error.issues[0]?.path ?? []).join('.')}`,
  });
}

function nameAndConfig(named: Json): { name: string; config: JsonObject } {
  if (typeof named === 'string') return { name: named, config: {} };
  if (isJsonObject(named) && typeof named['class_name'] === 'string') {
    return { name: named['class_name'], config: isJsonObject(named['config']) ? named['config'] : {} };
  }
  throw new SurgeryError('config-invalid', 'An initializer is neither a name nor a Keras object.', {
    expected: 'a name or { class_name, config }',
    received: JSON.stringify(named),
  });
}

/** Keras' bias of an LSTM with `unit_forget_bias`, which has no name there: ones for the second of four gates. */
function unitForgetBias(shape: Shape, settings: { bias_initializer: Json }, random: RandomStream): Numbers {
  const units = sizeOf(shape) / 4;
  return initialize(settings.bias_initializer, shape, random).fill(1, units, 2 * units);
}

/** Throws `config-invalid` unless the shape is a matrix. */
function identity(shape: Shape, gain: number): Numbers {
  if (shape.length !== 2) throw wrongRank('Identity', 'a matrix', shape);
  const columns = shape[1];
  return fill(shape, (index) => (Math.floor(index / columns) === index % columns ? gain : 0));
}

/** The orthogonal factor of a normal matrix, its leading axes joined to rows; the signs are those that make it unique. */
function orthogonal(shape: Shape, gain: number, random: RandomStream): Numbers {
  const columns = shape.at(-1);
  if (shape.length < 2 || columns === undefined) throw wrongRank('Orthogonal', 'at least 2 axes', shape);
  const rows = sizeOf(shape.slice(0, -1));
  const [length, count] = [Math.max(rows, columns), Math.min(rows, columns)];
  const basis = orthonormal(Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal())));
  return fill([rows, columns], (index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return gain * (rows >= columns ? basis[column][row] : basis[row][column]);
  });
}

/** Gram and Schmidt, each vector cleaned twice, which is as exact as Householder's way. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    for (let pass = 0; pass < 2; pass++) for (const known of basis) subtractProjection(vector, known);
    const norm = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / norm));
  }
  return basis;
}

function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  const share = dot(vector, unit);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) - share * (unit[i] ?? 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function wrongRank(name: string, expected: string, shape: Shape): SurgeryError {
  return new SurgeryError('config-invalid', `The initializer ${name} cannot fill this shape.`, { expected, received: `[${shape.join(', ')}]` });
}
