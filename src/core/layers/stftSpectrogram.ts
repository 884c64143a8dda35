import { z } from 'zod';
import { add, maximum, mul } from '../ops/binary';
import { concat } from '../ops/concat';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { pad } from '../ops/pad';
import { reshape } from '../ops/reshape';
import { multiplyDims } from '../ops/shape';
import { slice } from '../ops/slice';
import { transpose } from '../ops/transpose';
import { log, sqrt } from '../ops/unary';
import { dataFormat, padding, positive, readConfig } from './config';
import type { KerasShape, LayerDefinition, WeightSpec } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { paddingOf, type Window, windowShape } from './windows';

const schema = z
  .object({
    mode: z.enum(['log', 'magnitude', 'psd', 'real', 'imag', 'stft'], 'a mode of log, magnitude, psd, real, imag or stft').default('log'),
    frame_length: positive.default(256),
    frame_step: positive.nullish().transform((step) => step ?? null),
    fft_length: positive.nullish().transform((length) => length ?? null),
    window: z.union([z.string(), z.array(z.number())]).nullish().transform((window) => window ?? null),
    periodic: z.boolean().default(false),
    scaling: z.enum(['density', 'spectrum']).nullish().transform((scaling) => scaling ?? null),
    padding: padding.default('valid'),
    expand_dims: z.boolean().default(false),
    data_format: dataFormat,
  })
  .refine(({ frame_step, frame_length }) => (frame_step ?? 1) <= frame_length, 'a frame_step not above frame_length')
  .refine(({ fft_length, frame_length }) => (fft_length ?? frame_length) >= frame_length, 'an fft_length not below frame_length');

type SpectrogramConfig = z.output<typeof schema>;

/** Keras' epsilon. */
const EPSILON = 1e-7;

/** The spectra of frames of a signal: convolutions with cosines and sines under a window, which are weights that may be trained. */
export const stftSpectrogramLayer: LayerDefinition<SpectrogramConfig> = {
  className: 'STFTSpectrogram',
  limits: 'no `angle`',
  parse: (config, where) => readConfig(schema, config, where),
  weights: (config) => kernels(config),
  outputShapes: (config, inputs) => [spectrogramShape(config, only(inputs, 'STFTSpectrogram'))],
  call: ({ config, weights }, inputs) => {
    const input = asFloat(only(inputs, 'STFTSpectrogram'));
    requireRank(input.shape, 3, 'STFTSpectrogram');
    const { real_kernel: real, imag_kernel: imaginary } = weights;
    const signals = config.data_format === 'channels_first' ? input : transpose(input, [0, 2, 1]);
    const sides = [real, imaginary].flatMap((kernel) => (kernel ? [spectra(config, signals, kernel)] : []));
    return [arranged(config, combined(config, sides))];
  },
};

function kernels(config: SpectrogramConfig): readonly WeightSpec[] {
  const { mode, frame_length, window, scaling, periodic } = config;
  const spec = (side: 'real' | 'imag'): WeightSpec => ({
    name: `${side}_kernel`, shape: [frame_length, 1, binsOf(config)], trainable: true, initializer: { class_name: 'STFT', config: { side, window, scaling, periodic } },
  });
  return [...(mode === 'imag' ? [] : [spec('real')]), ...(mode === 'real' ? [] : [spec('imag')])];
}

function binsOf({ fft_length, frame_length }: SpectrogramConfig): number {
  return Math.floor((fft_length ?? 2 ** Math.ceil(Math.log2(frame_length))) / 2) + 1;
}

function windowOf({ frame_length, frame_step, padding: how }: SpectrogramConfig): Window {
  return { size: [frame_length], strides: [frame_step ?? Math.max(1, Math.floor(frame_length / 2))], dilation: [1], padding: how };
}

function spectrogramShape(config: SpectrogramConfig, input: KerasShape): KerasShape {
  requireRank(input, 3, 'STFTSpectrogram');
  const { data_format: format, expand_dims: apart, mode } = config;
  const channels = input[format === 'channels_first' ? 1 : 2] ?? null;
  const bins = binsOf(config) * (mode === 'stft' ? 2 : 1);
  const shape = windowShape(windowOf(config), input, format, channels === null ? null : channels * bins);
  if (!apart) return shape;
  return format === 'channels_first' ? [shape[0], channels, shape[2], bins] : [shape[0], shape[1], bins, channels];
}

/** `[batch, channels, time]` with one kernel: `[batch, channels, frames, bins]`. */
function spectra(config: SpectrogramConfig, signals: Value, kernel: Value): Value {
  const [batch = 1, channels = 1, time = 1] = signals.shape;
  const window = windowOf(config);
  const rows = reshape(signals, [multiplyDims(batch, channels), time, 1]);
  const y = conv(rows, kernel, { strides: window.strides, dilation: window.dilation, groups: 1, padding: paddingOf(window, [time]) });
  return reshape(y, [batch, channels, ...y.shape.slice(1)]);
}

function combined({ mode }: SpectrogramConfig, sides: readonly Value[]): Value {
  if (mode === 'real' || mode === 'imag') return sides[0];
  if (mode === 'stft') return concat(sides, 3);
  const power = sides.map((side) => mul(side, side)).reduce((a, b) => add(a, b));
  // What lies between the first and the last bin stands for two frequencies.
  if (mode === 'psd') return add(power, pad(slice(power, 3, 1, (power.shape[3] ?? 1) - 1), [[0, 0], [0, 0], [0, 0], [1, 1]]));
  const magnitude = sqrt(maximum(power, EPSILON));
  return mode === 'magnitude' ? magnitude : log(maximum(magnitude, EPSILON));
}

/** `[batch, channels, frames, bins]` as Keras lays it out. */
function arranged({ data_format: format, expand_dims: apart }: SpectrogramConfig, y: Value): Value {
  const [batch = 1, channels = 1, frames = 1, bins = 1] = y.shape;
  if (apart) return format === 'channels_first' ? y : transpose(y, [0, 2, 3, 1]);
  const size = multiplyDims(channels, bins);
  return format === 'channels_first' ? reshape(transpose(y, [0, 1, 3, 2]), [batch, size, frames]) : reshape(transpose(y, [0, 2, 1, 3]), [batch, frames, size]);
}
