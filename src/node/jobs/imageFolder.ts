import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { arrayInMemory, type DataArray, type DataSource, type Wanted } from '../../core/data/dataArray';
import type { NumberArray } from '../../core/data/elements';
import { imageArray, keepingDecoder, type StoredImage } from '../../core/data/images';
import { SurgeryError } from '../../core/errors';
import { decodeImage } from '../decodeImage';
import { readFile } from './readFile';

/** As Keras' `image_dataset_from_directory`; BMP is told apart so that it is refused by name. */
const extensions = /\.(jpe?g|png|gif|webp|bmp)$/i;

/** bytes */
const largestImage = 2 ** 28;

const mostImages = 1_000_000;

interface ImageFolder {
  readonly folder: string;
  /** Absolute, class by class. */
  readonly files: readonly string[];
  /** Of each file; empty where there are no classes. */
  readonly labels: Int32Array;
  /** Names of the folders, sorted. */
  readonly classes: readonly string[];
}

/**
 * A folder of images: a folder for each class, in alphabetical order, as Keras' `image_dataset_from_directory`; or images alone.
 * `#images` and `#labels` are its arrays; the folder alone means the one that its place asks for. Throws `data-broken` where there is no image.
 */
export async function imageFolder(folder: string): Promise<DataSource> {
  const found = await listImages(folder);
  const images = found.files.map(storedImage);
  const decode = keepingDecoder(decodeImage);
  return {
    describe: async () => {
      const { height, width } = await decode(images[0], 3);
      const labels = { member: 'labels', shape: [found.files.length], dtype: 'int32' as const, labels: found.classes.map((_, index) => index), words: found.classes };
      return [{ member: 'images', shape: [found.files.length, height, width, 3], dtype: 'uint8', labels: null }, ...(found.classes.length > 0 ? [labels] : [])];
    },
    open: (member, wanted) => Promise.resolve().then(() => (chosen(member, wanted, found) === 'labels'
      ? labelArray(found) : imageArray(images, { sample: wanted.sample, where: folder, decode }))),
    identify: (member, wanted) => (chosen(member, wanted, found) === 'labels' ? labelArray(found).read(null) : digests(found.files)),
  };
}

function labelArray({ labels, classes }: ImageFolder): DataArray {
  return arrayInMemory({ shape: [labels.length], dtype: 'int32', data: labels, words: classes });
}

function chosen(member: string | null, { role }: Wanted, { folder, classes }: ImageFolder): 'images' | 'labels' {
  const name = member ?? (role === 'inputs' ? 'images' : 'labels');
  if (name === 'images' || (name === 'labels' && classes.length > 0)) return name;
  throw new SurgeryError('data-mismatch', 'A folder of images has no such array.', {
    expected: classes.length > 0 ? '#images or #labels' : '#images: labels need a folder for each class', received: `#${name}`, where: folder,
  });
}

function storedImage(path: string): StoredImage {
  return { where: path, read: () => readFile(path, largestImage) };
}

async function listImages(folder: string): Promise<ImageFolder> {
  const classes = (await entriesOf(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const perClass = classes.length === 0 ? [await imagesBelow(folder)] : await Promise.all(classes.map((name) => imagesBelow(join(folder, name))));
  const files = perClass.flat();
  if (files.length === 0 || files.length > mostImages) {
    throw new SurgeryError('data-broken', files.length === 0 ? 'The folder holds no images.' : 'The folder holds too many images.', {
      expected: `1 to ${mostImages} images (JPEG, PNG, GIF, WebP), or a folder of them for each class`, received: String(files.length), where: folder,
    });
  }
  return { folder, files, classes, labels: Int32Array.from(classes.length === 0 ? [] : perClass.flatMap((paths, label) => paths.map(() => label))) };
}

/** Sorted by path; links to folders are not followed. */
async function imagesBelow(folder: string): Promise<readonly string[]> {
  const entries = await entriesOf(folder);
  const here = entries.filter((entry) => !entry.isDirectory() && extensions.test(entry.name)).map(({ name }) => join(folder, name));
  const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map(({ name }) => imagesBelow(join(folder, name))));
  return [...here, ...below.flat()];
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => { throw new SurgeryError('file-unreadable', 'A folder of images cannot be read.', { where: folder, cause }); });
  return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A row of 32 bytes for each file: the SHA-256 of its content. */
async function digests(files: readonly string[]): Promise<NumberArray> {
  const data = new Uint8Array(files.length * 32);
  for (const [row, path] of files.entries()) data.set(createHash('sha256').update(await readFile(path, largestImage)).digest(), row * 32);
  return { shape: [files.length, 32], dtype: 'uint8', data };
}
