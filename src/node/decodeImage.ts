import type sharpType from 'sharp';
import type { Channels, ImageDecoder, Pixels } from '../core/data/images';
import { SurgeryError } from '../core/errors';

type Sharp = typeof sharpType;

let library: Promise<Sharp> | undefined;

/** A native library: loaded for the first image, never before. */
function loadLibrary(): Promise<Sharp> {
  library ??= import('sharp').then(({ default: sharp }) => {
    // Several images are decoded at a time, one thread for each.
    sharp.concurrency(1);
    return sharp;
  }, (cause: unknown) => {
    throw new SurgeryError('unsupported', 'Images cannot be decoded on this machine: the library for it does not load.', { expected: 'sharp', received: cause instanceof Error ? cause.message : String(cause), cause });
  });
  return library;
}

/** pixels; a photograph has some 50 million */
const mostPixels = 2 ** 28;

const kinds: Readonly<Record<string, readonly number[]>> = { jpeg: [0xff, 0xd8, 0xff], png: [0x89, 0x50, 0x4e, 0x47], gif: [0x47, 0x49, 0x46, 0x38], webp: [0x52, 0x49, 0x46, 0x46] };

/** A kind of file by its first bytes: no other decoder of the library is ever let near a file. */
function kindOf(bytes: Uint8Array, where: string): string {
  const kind = Object.keys(kinds).find((name) => kinds[name].every((byte, index) => bytes[index] === byte));
  if (kind !== undefined) return kind;
  throw new SurgeryError('unsupported', 'This is no image that we read.', { expected: 'JPEG, PNG, GIF or WebP', received: bytes.length === 0 ? 'an empty file' : 'something else', where });
}

/** The first picture of a file as rows of bytes, as Keras takes it: neither turned as its camera says nor changed by a colour profile. */
export const decodeImage: ImageDecoder = async (image, channels) => {
  const bytes = await image.read();
  const kind = kindOf(bytes, image.where);
  const sharp = await loadLibrary();
  const from = sharp(bytes, { ignoreIcc: true, limitInputPixels: mostPixels, failOn: 'error', pages: 1 }).toColourspace('srgb');
  const colours = channels === 4 ? from.ensureAlpha() : from.removeAlpha();
  try {
    const { data, info } = await colours.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return asChannels({ height: info.height, width: info.width, data }, { has: info.channels, wanted: channels, kind });
  } catch (cause) {
    throw new SurgeryError('data-broken', 'An image is damaged, cut off or too large.', { expected: `a whole ${kind.toUpperCase()} of at most ${mostPixels} pixels`, received: cause instanceof Error ? cause.message : String(cause), where: image.where, cause });
  }
};

/** Grey is the brightness of BT.601, as libjpeg and, in whole numbers, libpng give it to Keras. */
function asChannels({ height, width, data }: Pixels, { has, wanted, kind }: { readonly has: number; readonly wanted: Channels; readonly kind: string }): Pixels {
  if (has === wanted) return { height, width, data };
  const pixels = height * width;
  const result = new Uint8Array(pixels * wanted);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * has;
    const [red, green, blue] = data.subarray(at, at + 3);
    if (wanted === 1) result[pixel] = kind === 'jpeg' ? red * 0.299 + green * 0.587 + blue * 0.114 + 0.5 : (red * 9797 + green * 19_234 + blue * 3737) >> 15;
    else for (let channel = 0; channel < wanted; channel++) result[pixel * wanted + channel] = channel === 3 ? 255 : red;
  }
  return { height, width, data: result };
}
