import { z } from 'zod';
import { SurgeryError } from '../errors';
import { floatTensor } from '../model/tensor';
import { add, maximum, mul, pow, sub } from '../ops/binary';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { max } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { gatherRows } from '../ops/rows';
import { transpose } from '../ops/transpose';
import { log, sqrt } from '../ops/unary';
import { positive, readConfig } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { asFloat, only, requireRank, showKerasShape } from './shapes';

const schema = z
  .object({
    fft_length: positive.default(2048),
    sequence_stride: positive.default(512),
    sequence_length: positive.nullish().transform((length) => length ?? null),
    window: z.union([z.enum(['hann', 'hamming']), z.array(z.number())], 'a window of hann, hamming or numbers').nullish().transform((window) => window ?? null),
    sampling_rate: z.number().positive().default(16000),
    num_mel_bins: positive.default(128),
    min_freq: z.number().default(20),
    max_freq: z.number().nullish().transform((frequency) => frequency ?? null),
    power_to_db: z.boolean().default(true),
    top_db: z.number().default(80),
    mag_exp: z.number().default(2),
    min_power: z.number().default(1e-10),
    ref_power: z.number().default(1),
  })
  .refine(({ sequence_length, fft_length }) => (sequence_length ?? 0) <= fft_length, 'a sequence_length not above fft_length')
  .refine(({ window, sequence_length, fft_length }) => !Array.isArray(window) || window.length === (sequence_length ?? fft_length), 'a window as long as sequence_length');

type MelConfig = z.output<typeof schema>;

/** How loud a signal is in bands of the mel scale, frame by frame, in decibels below the loudest of the batch. */
export const melSpectrogramLayer: LayerDefinition<MelConfig> = {
  className: 'MelSpectrogram',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => [melShape(config, only(inputs, 'MelSpectrogram'))],
  call: ({ config }, inputs) => {
    const x = asFloat(only(inputs, 'MelSpectrogram'));
    melShape(config, x.shape);
    const bands = inMel(config, magnitudes(config, x));
    return [transpose(config.power_to_db ? inDecibels(config, bands) : bands, [0, 2, 1])];
  },
};

function melShape({ fft_length: size, sequence_stride: stride, num_mel_bins: bins }: MelConfig, input: KerasShape): KerasShape {
  requireRank(input, 2, 'MelSpectrogram');
  const [batch = null, time = null] = input;
  if (time !== null && time <= Math.floor(size / 2)) {
    throw new SurgeryError('shape-mismatch', 'MelSpectrogram reflects half an fft_length at both ends of a signal.', { expected: `more than ${Math.floor(size / 2)} samples`, received: showKerasShape(input) });
  }
  // The signal is reflected by half a transform at both ends.
  return [batch, bins, time === null ? null : Math.floor((time + 2 * Math.floor(size / 2) - size) / stride) + 1];
}

/** `[batch, time]` to `[batch, frames, bins]`: a Fourier transform as a convolution with cosines and sines under the window. */
function magnitudes({ fft_length: size, sequence_stride: stride, sequence_length: own, window: named, mag_exp: power }: MelConfig, x: Value): Value {
  const [batch = 1, time = 1] = x.shape;
  const half = Math.floor(size / 2);
  const places = Int32Array.from({ length: time + 2 * half }, (_, at) => reflected(at - half, time));
  const mirrored = transpose(gatherRows(transpose(x, [1, 0]), x.graph.constant({ dtype: 'int32', shape: [places.length], data: places })), [1, 0]);
  const signal = reshape(mirrored, [batch, places.length, 1]);
  const length = own ?? size;
  const window = windowNumbers(named, length);
  const before = Math.floor((size - length) / 2);
  const transform = (wave: (angle: number) => number): Value => {
    const bins = half + 1;
    const kernel = Float32Array.from({ length: size * bins }, (_, at) => {
      const [sample, bin] = [Math.floor(at / bins), at % bins];
      return (window[sample - before] ?? 0) * wave((2 * Math.PI * ((sample * bin) % size)) / size);
    });
    return conv(signal, x.graph.constant(floatTensor([size, 1, bins], kernel)), { strides: [stride], dilation: [1], groups: 1, padding: [[0, 0]] });
  };
  const [real, imaginary] = [transform(Math.cos), transform(Math.sin)];
  const squared = add(mul(real, real), mul(imaginary, imaginary));
  if (power === 2) return squared;
  return power === 1 ? sqrt(squared) : pow(sqrt(squared), power);
}

/** A place beyond an end is mirrored there, without saying the end twice. */
function reflected(place: number, size: number): number {
  const folded = Math.abs(place);
  return folded < size ? folded : 2 * (size - 1) - folded;
}

/** As TensorFlow makes them. */
function windowNumbers(window: MelConfig['window'], length: number): readonly number[] {
  if (Array.isArray(window)) return window;
  if (window === null || length === 1) return new Array<number>(length).fill(1);
  // TensorFlow makes windows of odd length symmetric whatever is asked for.
  const period = length % 2 === 0 ? length : length - 1;
  const mean = window === 'hann' ? 0.5 : 0.54;
  return Array.from({ length }, (_, at) => mean - (1 - mean) * Math.cos((2 * Math.PI * at) / period));
}

/** HTK's mel scale. */
function melOf(hertz: number): number {
  return 1127 * Math.log(1 + hertz / 700);
}

/** `[batch, frames, bins]` times triangles over the bins. */
function inMel({ sampling_rate: rate, num_mel_bins: bands, min_freq: low, max_freq: high }: MelConfig, spectra: Value): Value {
  const bins = spectra.shape[2] ?? 1;
  const [from, to] = [melOf(low), melOf(high ?? Math.trunc(rate / 2))];
  const edge = (index: number): number => from + ((to - from) * index) / (bands + 1);
  const weights = Float32Array.from({ length: bins * bands }, (_, at) => {
    const [bin, band] = [Math.floor(at / bands), at % bands];
    const mel = melOf((rate / 2) * (bin / (bins - 1)));
    const slopes = Math.min((mel - edge(band)) / (edge(band + 1) - edge(band)), (edge(band + 2) - mel) / (edge(band + 2) - edge(band + 1)));
    return bin === 0 ? 0 : Math.max(0, slopes);
  });
  return matmul(spectra, spectra.graph.constant(floatTensor([bins, bands], weights)));
}

function inDecibels({ min_power: least, ref_power: reference, top_db: range }: MelConfig, bands: Value): Value {
  const decibels = sub(mul(log(maximum(bands, least)), 10 / Math.LN10), 10 * Math.log10(Math.max(Math.abs(reference), least)));
  return maximum(decibels, sub(max(decibels, [0, 1, 2], true), range));
}
