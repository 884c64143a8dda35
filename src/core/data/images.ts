import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import type { DataArray } from './dataArray';
import type { ArrayData } from './dataSet';
import type { NumberArray } from './elements';

/** A picture as its file holds it. */
export interface StoredImage {
  /** Tells it from every other. */
  readonly where: string;
  readonly read: () => Promise<Uint8Array>;
}

/** Rows of pixels, channels last. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

export type Channels = 1 | 3 | 4;

/** Throws `data-broken`, or `unsupported` for what is no JPEG, PNG, GIF or WebP. */
export type ImageDecoder = (image: StoredImage, channels: Channels) => Promise<Pixels>;

/** Numbers that the images of one set may have in memory; above it there is a way out in words. */
const mostNumbers = 2 ** 30;

/** Pictures that are decoded at a time: the decoder works on several threads. */
const together = 8;

/** bytes of pixels that are kept */
const mostKept = 2 ** 28;

/** Keeps what it decoded, as far as there is room: a verdict draws from the same images again and again. */
export function keepingDecoder(decode: ImageDecoder): ImageDecoder {
  const kept = new Map<string, Promise<Pixels>>();
  let bytes = 0;
  return (image, channels) => {
    const key = `${channels} ${image.where}`;
    const known = kept.get(key);
    if (known) return known;
    const decoded = decode(image, channels);
    void decoded.then(({ data }) => {
      bytes += data.length;
      if (bytes <= mostKept) kept.set(key, decoded);
    }, () => undefined);
    return decoded;
  };
}

interface ImagesOptions {
  /** Shape of one sample as the model takes it: images are brought to it. */
  readonly sample: readonly (number | null)[] | undefined;
  readonly where: string;
  readonly decode: ImageDecoder;
}

/** Images that are decoded when they are read, and only those that are. */
export function imageArray(images: readonly StoredImage[], options: ImagesOptions): DataArray {
  return { samples: images.length, read: (rows) => decodeImages(rows ? Array.from(rows, (row) => images[row]) : images, options) };
}

async function decodeImages(images: readonly StoredImage[], { sample, where, decode }: ImagesOptions): Promise<NumberArray> {
  const room = new ImageRoom(images.length, imageLayout(sample, where), where);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < images.length) {
      const row = next++;
      room.put(row, await decode(images[row], room.layout.channels), images[row].where);
    }
  };
  await Promise.all(Array.from({ length: Math.min(together, images.length) }, work));
  return room.array();
}

interface ImageLayout {
  readonly channels: Channels;
  /** null: as the first image has it */
  readonly height: number | null;
  readonly width: number | null;
  readonly order: 'rows' | 'channels last' | 'channels first';
}

function isChannels(size: number | null): size is Channels {
  return size === 1 || size === 3 || size === 4;
}

/** How images become samples of this shape. Throws `data-mismatch` where they cannot. */
function imageLayout(sample: readonly (number | null)[] | undefined, where: string): ImageLayout {
  if (sample === undefined) return { channels: 3, height: null, width: null, order: 'channels last' };
  const [first, second, third] = sample;
  if (sample.length === 2) return { channels: 1, height: first, width: second, order: 'rows' };
  if (sample.length === 3 && third === null) return { channels: 3, height: first, width: second, order: 'channels last' };
  if (sample.length === 3 && isChannels(third)) return { channels: third, height: first, width: second, order: 'channels last' };
  if (sample.length === 3 && isChannels(first)) return { channels: first, height: second, width: third, order: 'channels first' };
  throw new SurgeryError('data-mismatch', 'The model takes no images.', {
    expected: 'an input of height, width and 1, 3 or 4 channels', received: `[${sample.map((size) => size ?? 'any').join(', ')}]`, where,
  });
}

/** Where images become one array: bytes as long as each has the wanted size, else what is between the pixels, in float32. */
class ImageRoom {
  private height: number | null;
  private width: number | null;
  private data: ArrayData | undefined;

  constructor(private readonly count: number, readonly layout: ImageLayout, private readonly where: string) {
    this.height = layout.height;
    this.width = layout.width;
  }

  put(row: number, pixels: Pixels, where: string): void {
    const [height, width] = [this.height ??= pixels.height, this.width ??= pixels.width];
    const fits = pixels.height === height && pixels.width === width;
    if (!fits && (this.layout.height === null || this.layout.width === null)) {
      throw new SurgeryError('data-mismatch', 'The model takes images of any size, but all of a set must have one.', { expected: `${height} × ${width} as the first`, received: `${pixels.height} × ${pixels.width}`, where });
    }
    const { channels } = this.layout;
    const size = height * width * channels;
    const values = fits ? pixels.data : resizeBilinear(pixels, { height, width, channels });
    const data = this.roomFor(size, values instanceof Uint8Array);
    const placed = this.layout.order === 'channels first' ? channelsFirst(values, channels) : values;
    data.set(placed, row * size);
  }

  array(): NumberArray {
    const { layout: { channels, order }, height, width } = this;
    const [h, w] = [height ?? 0, width ?? 0];
    const shape = order === 'rows' ? [h, w] : order === 'channels last' ? [h, w, channels] : [channels, h, w];
    const data = this.data ?? new Uint8Array(0);
    return { shape: [this.count, ...shape], dtype: data instanceof Uint8Array ? 'uint8' : 'float32', data };
  }

  private roomFor(size: number, bytes: boolean): ArrayData {
    if (this.count * size > mostNumbers) {
      throw new SurgeryError('format-limit', 'The images of a set are too many to be held in memory.', { expected: `at most ${mostNumbers} numbers; "take" draws fewer`, received: `${this.count} images of ${size} numbers`, where: this.where });
    }
    this.data ??= bytes ? new Uint8Array(this.count * size) : new Float32Array(this.count * size);
    if (!bytes && this.data instanceof Uint8Array) this.data = Float32Array.from(this.data);
    return this.data;
  }
}

function channelsFirst(values: Uint8Array | Float32Array, channels: number): Uint8Array | Float32Array {
  const result = values.slice();
  const pixels = values.length / channels;
  for (let pixel = 0; pixel < pixels; pixel++) for (let channel = 0; channel < channels; channel++) result[channel * pixels + pixel] = values[pixel * channels + channel];
  return result;
}

interface Size {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * As `keras.utils.image_dataset_from_directory`, which is `tf.image.resize`: bilinear, pixels at their centres, no smoothing where an
 * image gets smaller, the sides stretched; not rounded.
 */
function resizeBilinear({ height: fromHeight, width: fromWidth, data }: Pixels, { height, width, channels }: Size): Float32Array {
  const [rows, columns] = [between(fromHeight, height), between(fromWidth, width)];
  const result = new Float32Array(sizeOf([height, width, channels]));
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (let channel = 0; channel < channels; channel++) {
        const pixel = (y: number, x: number): number => data[(y * fromWidth + x) * channels + channel];
        const top = pixel(row.low, column.low) + (pixel(row.low, column.high) - pixel(row.low, column.low)) * column.share;
        const bottom = pixel(row.high, column.low) + (pixel(row.high, column.high) - pixel(row.high, column.low)) * column.share;
        result[at++] = top + (bottom - top) * row.share;
      }
    }
  }
  return result;
}

/** For each place of an axis the two pixels that it lies between, and the share of the second. */
function between(from: number, to: number): readonly { readonly low: number; readonly high: number; readonly share: number }[] {
  return Array.from({ length: to }, (_, place) => {
    // Each step in float32, as TensorFlow
    const at = Math.fround(Math.fround((place + 0.5) * Math.fround(from / to)) - 0.5);
    const low = Math.floor(at);
    return { low: Math.max(low, 0), high: Math.min(low + 1, from - 1), share: at - low };
  });
}
