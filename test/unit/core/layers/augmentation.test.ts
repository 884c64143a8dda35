import assert from 'node:assert/strict';
import type { CallContext } from '../../../../src/core/layers/layer';
import { layerDefinitions } from '../../../../src/core/layers/registry';
import type { JsonObject } from '../../../../src/core/model/json';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { Graph } from '../../../../src/core/ops/graph';
import { BATCH } from '../../../../src/core/ops/shape';
import { RandomStream } from '../../../../src/core/training/random';
import { interpret } from '../../../../src/engine/reference/interpreter';

const SAMPLES = 4000;

/** What a layer makes in training of `SAMPLES` copies of an image [height, width, channels], with numbers of the host's own generator. */
function augmented(className: string, config: JsonObject, image: { readonly shape: readonly number[]; readonly data: readonly number[] }): number[][] {
  const definition = layerDefinitions.find((each) => each.className === className);
  assert.ok(definition);
  const graph = new Graph();
  const feeds = new Map<number, NumericTensor>();
  const stream = new RandomStream(7, className);
  const x = graph.input('x', { shape: [BATCH, ...image.shape], dtype: 'float32' });
  feeds.set(x.id, { shape: [SAMPLES, ...image.shape], data: Float64Array.from({ length: SAMPLES * image.data.length }, (_, at) => image.data[at % image.data.length]) });
  const context: CallContext<unknown> = {
    config: definition.parse(config, className), weights: {}, training: true, trainable: true, update: () => undefined, addLoss: () => undefined, masks: [], named: {}, settings: {},
    random: (shape, distribution = 'uniform') => {
      const value = graph.input(`random ${feeds.size}`, { shape, dtype: 'float32' });
      const sizes = shape.map((size) => (size < 0 ? -size * SAMPLES : size));
      const length = sizes.reduce((product, size) => product * size, 1);
      feeds.set(value.id, { shape: sizes, data: Float64Array.from({ length }, () => (distribution === 'uniform' ? stream.uniform() : stream.normal())) });
      return value;
    },
  };
  const [y] = definition.call(context, [x]);
  graph.output('y', y);
  const program = graph.finish();
  graph.constants.forEach(({ shape, data }, id) => feeds.set(id, { shape, data: Float64Array.from(data) }));
  const { data } = interpret(program, feeds, SAMPLES)(y.id);
  const size = image.data.length;
  return Array.from({ length: SAMPLES }, (_, sample) => Array.from(data.subarray(sample * size, (sample + 1) * size)));
}

const share = (samples: readonly number[][], is: (sample: number[]) => boolean): number => samples.filter(is).length / samples.length;
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Five standard errors of a share of 4,000. */
function near(received: number, expected: number, spread = 0.5): void {
  const allowed = (5 * spread) / Math.sqrt(SAMPLES);
  assert.ok(Math.abs(received - expected) <= allowed, `${received} is not within ${allowed} of ${expected}`);
}

const pixel = { shape: [1, 1, 3], data: [0.8, 0.4, 0.2] };

describe('random changes of images, as often and as far as Keras says', () => {
  it('RandomGrayscale takes the colors of so many images', () => {
    near(share(augmented('RandomGrayscale', { factor: 0.3 }, pixel), ([red, green]) => red === green), 0.3);
  });

  it('RandomInvert inverts by a probability that is drawn between its factors', () => {
    near(share(augmented('RandomInvert', { factor: [0.2, 0.6], value_range: [0, 1] }, pixel), ([red]) => red < 0.5), 0.4);
  });

  it('RandomPosterization keeps each number of bits between its factors equally often, the upper one never', () => {
    const kept = augmented('RandomPosterization', { factor: [2, 5] }, { shape: [1, 1, 1], data: [255] }).map(([value]) => Math.log2(256 / (256 - value)));
    assert.deepEqual([...new Set(kept)].sort(), [2, 3, 4]);
    for (const bits of [2, 3, 4]) near(kept.filter((found) => found === bits).length / SAMPLES, 1 / 3);
  });

  it('RandomHue turns both ways, by up to half its factor, and leaves saturation and value', () => {
    const samples = augmented('RandomHue', { factor: 0.5, value_range: [0, 1] }, { shape: [1, 1, 3], data: [0.2, 0.8, 0.2] });
    for (const sample of samples) {
      assert.ok(Math.abs(Math.max(...sample) - 0.8) < 1e-6 && Math.abs(Math.min(...sample) - 0.2) < 1e-6);
      assert.ok(sample[1] >= Math.max(sample[0], sample[2]) - 1e-6 || Math.max(sample[0], sample[2]) > 0.79);
    }
    near(share(samples, ([red, , blue]) => red > blue), 0.5);
  });

  it('RandomErasing fills rectangles whose sides are the roots of its scale, anywhere', () => {
    const side = 20;
    const samples = augmented('RandomErasing', { factor: [1, 1], scale: [0.25, 0.25], fill_value: 1, value_range: [0, 1] }, { shape: [side, side, 1], data: new Array<number>(side * side).fill(0) });
    near(mean(samples.map(mean)), 0.25, 0.05);
    const corner = share(samples, (image) => image[0] === 1);
    const middle = share(samples, (image) => image[(side * side + side) / 2] === 1);
    assert.ok(corner < 0.05 && middle > 0.7, `corner ${corner}, middle ${middle}`);
  });

  it('RandomGaussianBlur blurs all images of a batch alike', () => {
    const samples = augmented('RandomGaussianBlur', { factor: [1, 1], sigma: [0.3, 0.9], value_range: [0, 1] }, { shape: [3, 3, 1], data: [0, 0, 0, 0, 1, 0, 0, 0, 0] });
    assert.ok(samples[0][4] < 0.95);
    for (const sample of samples) assert.deepEqual(sample, samples[0]);
  });

  it('RandomSharpness blurs below a half and sharpens above', () => {
    const samples = augmented('RandomSharpness', { factor: [0, 1], value_range: [-1, 2] }, { shape: [3, 3, 1], data: [0, 0, 0, 0, 1, 0, 0, 0, 0] });
    near(share(samples, (image) => image[4] < 1), 0.5);
  });

  it('refuse colors of other than three channels, and factors out of range', () => {
    assert.throws(() => augmented('RandomHue', { factor: 0.2 }, { shape: [1, 1, 1], data: [1] }), { code: 'shape-mismatch' });
    const parse = (className: string, config: JsonObject): unknown => layerDefinitions.find((each) => each.className === className)?.parse(config, className);
    for (const [className, config] of [['RandomPosterization', { factor: 9 }], ['RandomGrayscale', { factor: 2 }], ['RandomGaussianBlur', { kernel_size: 2 }], ['Solarization', { addition_factor: -0.1 }], ['RandomColorJitter', { hue_factor: 0.1, data_format: 'channels_first' }]] as const) {
      assert.throws(() => parse(className, config), { code: 'config-invalid' }, className);
    }
  });
});
