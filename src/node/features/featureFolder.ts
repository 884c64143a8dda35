import { createHash, randomBytes, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { sizeOf } from '../../core/model/tensor';
import type { Tensors } from '../../core/ports';
import { bytesOf, megabytes } from '../../core/run/featureMemory';
import type { Features, FeatureShape, RowSource, WantedFeatures } from '../../core/run/features';

const manifestName = 'manifest.json';
const whole = /^[0-9a-f]{64}$/;
const half = /^[0-9a-f]{64}\.tmp-[0-9a-f]{12}$/;

/** ms after which what another process was writing counts as left by a crash */
const ABANDONED = 3_600_000;

interface Manifest {
  readonly version: 1;
  readonly arrays: readonly (FeatureShape & { readonly sha256: string })[];
}

/** Features of one key on the disk, open for reading. */
export interface StoredFeatures {
  readonly features: Features;
  readonly close: () => Promise<void>;
}

/** What the folder holds. */
export interface FolderContent {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Features on a disk: a folder for each key, named by it, with `0.f32`, `1.f32`, … and, written last, `manifest.json` with names, shapes
 * and SHA-256; made under another name and renamed. It is not flushed: what a crash tore is recognised by its checksum and
 * computed again. Names of layers stand in the manifest only. Above the limit what was used longest ago is removed.
 */
export class FeatureFolder {
  /** Open here: not removed by this process. */
  private readonly inUse = new Map<string, number>();

  /** `limit`: bytes of all features together */
  constructor(
    private readonly folder: string,
    private limit: number,
  ) {}

  allow(limit: number): void {
    this.limit = limit;
  }

  /** Why so many bytes cannot be kept; undefined where they can. */
  async refuses(bytes: number): Promise<string | undefined> {
    if (bytes > this.limit) return `its outputs would take ${megabytes(bytes)} of the disk, ${megabytes(this.limit)} are allowed`;
    try {
      await mkdir(this.folder, { recursive: true });
      const { bavail, bsize } = await statfs(this.folder);
      const room = bavail * bsize + (await this.content()).bytes;
      return bytes <= room ? undefined : `its outputs would take ${megabytes(bytes)} of the disk, ${megabytes(room)} are free`;
    } catch (cause) {
      return `nothing can be kept in ${this.folder}: ${reasonOf(cause)}`;
    }
  }

  /** Undefined where they are not there, or not whole; what is not whole is removed. */
  async find({ key, arrays }: Omit<WantedFeatures, 'compute'>): Promise<StoredFeatures | undefined> {
    const place = join(this.folder, key);
    const text = await readFile(join(place, manifestName), 'utf8').catch(() => undefined);
    if (text === undefined && (await stat(place).catch(() => undefined)) === undefined) return undefined;
    const opened: number[] = [];
    try {
      const manifest = requireManifest(JSON.parse(text ?? ''), arrays);
      for (const [index, array] of manifest.arrays.entries()) {
        const path = join(place, fileName(index));
        opened.push(openSync(path, 'r'));
        await requireHash(path, array);
      }
      const now = new Date();
      await utimes(place, now, now).catch(() => undefined);
      return this.lend(key, arrays, opened);
    } catch {
      opened.forEach((descriptor) => closeSync(descriptor));
      await rm(place, { recursive: true, force: true }).catch(() => undefined);
      return undefined;
    }
  }

  /** Computes features into the folder. Throws `write-failed`, and what computing throws; leaves nothing half. */
  async keep(wanted: WantedFeatures): Promise<StoredFeatures> {
    const { key, arrays, compute } = wanted;
    const temporary = join(this.folder, `${key}.tmp-${randomBytes(6).toString('hex')}`);
    const writers: ArrayWriter[] = [];
    try {
      await this.makeRoom(bytesOf(arrays));
      await mkdir(temporary, { recursive: true });
      arrays.forEach((array, index) => writers.push(new ArrayWriter(array, join(temporary, fileName(index)))));
      await compute((rows) => writers.forEach((writer) => writer.take(rows)));
      const manifest: Manifest = { version: 1, arrays: writers.map((writer) => writer.end()) };
      await writeFile(join(temporary, manifestName), JSON.stringify(manifest));
      // Windows renames no folder in which a file is open.
      writers.forEach((writer) => writer.close());
      await rename(temporary, join(this.folder, key)).catch((cause: unknown) => requireQuicker(cause));
      const stored = await this.find(wanted);
      if (stored) return stored;
      throw new Error('what was written cannot be read');
    } catch (cause) {
      if (cause instanceof SurgeryError) throw cause;
      throw new SurgeryError('write-failed', 'The outputs of the frozen layers could not be kept.', {
        expected: `${megabytes(bytesOf(arrays))} of room in a folder that can be written`, received: reasonOf(cause), where: this.folder, cause,
      });
    } finally {
      writers.forEach((writer) => writer.close());
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  async content(): Promise<FolderContent> {
    const entries = await this.entries();
    return { entries: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Removes all that nobody here has open. Gives what was there. */
  async clear(): Promise<FolderContent> {
    const content = await this.content();
    const names = await readdir(this.folder).catch((): string[] => []);
    for (const name of names) if ((whole.test(name) || half.test(name)) && !this.inUse.has(name)) await rm(join(this.folder, name), { recursive: true, force: true }).catch(() => undefined);
    return content;
  }

  private lend(key: string, arrays: readonly FeatureShape[], descriptors: readonly number[]): StoredFeatures {
    this.inUse.set(key, (this.inUse.get(key) ?? 0) + 1);
    let isOpen = true;
    return {
      features: Object.fromEntries(arrays.map(({ name, shape }, index) => [name, rowsOf(descriptors[index], shape, join(this.folder, key))])),
      close: () => {
        if (isOpen) {
          descriptors.forEach((descriptor) => closeSync(descriptor));
          const users = (this.inUse.get(key) ?? 1) - 1;
          if (users === 0) this.inUse.delete(key);
          else this.inUse.set(key, users);
        }
        isOpen = false;
        return Promise.resolve();
      },
    };
  }

  /** Throws `write-failed` where what is in use leaves too little. */
  private async makeRoom(bytes: number): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await this.removeAbandoned();
    const entries = await this.entries();
    let total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const { name, bytes: freed } of entries.sort((a, b) => a.used - b.used)) {
      if (total + bytes <= this.limit) return;
      if (this.inUse.has(name)) continue;
      await rm(join(this.folder, name), { recursive: true, force: true });
      total -= freed;
    }
    if (total + bytes <= this.limit) return;
    throw new SurgeryError('write-failed', 'The outputs of the frozen layers have no room beside those in use.', { expected: megabytes(bytes), received: megabytes(this.limit - total), where: this.folder });
  }

  private async removeAbandoned(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => half.test(name));
    for (const name of names) {
      const place = join(this.folder, name);
      const written = await stat(join(place, fileName(0))).catch(() => stat(place)).catch(() => undefined);
      if (written && Date.now() - written.mtimeMs > ABANDONED) await rm(place, { recursive: true, force: true });
    }
  }

  private async entries(): Promise<{ readonly name: string; readonly bytes: number; /** ms */ readonly used: number }[]> {
    const names = (await readdir(this.folder).catch((): string[] => [])).filter((name) => whole.test(name));
    return Promise.all(names.map(async (name) => {
      const place = join(this.folder, name);
      const files = await readdir(place).catch((): string[] => []);
      const sizes = await Promise.all(files.map((file) => stat(join(place, file)).then(({ size }) => size, () => 0)));
      return { name, bytes: sizes.reduce((sum, size) => sum + size, 0), used: (await stat(place).catch(() => undefined))?.mtimeMs ?? 0 };
    }));
  }
}

/** Another process that computed the same may have been there first. */
function requireQuicker(cause: unknown): void {
  if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(reasonOf(cause))) throw cause;
}

function fileName(index: number): string {
  return `${index}.f32`;
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}

/** Throws where it is not that of these arrays. */
function requireManifest(value: unknown, wanted: readonly FeatureShape[]): Manifest {
  const manifest = value as Partial<Manifest> | null;
  const describe = (arrays: readonly FeatureShape[] | undefined): string => JSON.stringify(arrays?.map(({ name, shape }) => [name, shape]));
  if (manifest?.version !== 1 || describe(manifest.arrays) !== describe(wanted)) throw new Error('a manifest of something else');
  return manifest as Manifest;
}

/** bytes */
const HASHED_AT_ONCE = 2 ** 22;

async function requireHash(path: string, { shape, sha256 }: Manifest['arrays'][number]): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const room = new Uint8Array(HASHED_AT_ONCE);
    let size = 0;
    for (let read = -1; read !== 0; size += read) {
      ({ bytesRead: read } = await handle.read(room, 0, room.length, size));
      hash.update(room.subarray(0, read));
    }
    if (size !== 4 * sizeOf(shape) || hash.digest('hex') !== sha256) throw new Error(`${path} is not what its manifest says`);
  } finally {
    await handle.close();
  }
}

/** Writes one array as its rows come. */
class ArrayWriter {
  private readonly descriptor: number;
  private isOpen = true;
  private readonly hash: Hash = createHash('sha256');
  /** bytes */
  private left: number;

  constructor(
    private readonly array: FeatureShape,
    path: string,
  ) {
    this.descriptor = openSync(path, 'wx');
    this.left = 4 * sizeOf(array.shape);
  }

  take(rows: Tensors): void {
    const { buffer, byteOffset, byteLength } = rows[this.array.name].data;
    const bytes = new Uint8Array(buffer, byteOffset, Math.min(byteLength, this.left));
    this.hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at);
    this.left -= bytes.length;
  }

  end(): Manifest['arrays'][number] {
    if (this.left !== 0) throw new Error(`${this.left} bytes of ${this.array.name} were never computed`);
    return { ...this.array, sha256: this.hash.digest('hex') };
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }
}

function rowsOf(descriptor: number, shape: readonly number[], where: string): RowSource {
  const rowBytes = 4 * sizeOf(shape.slice(1));
  return {
    shape,
    readRows: (from, count, into) => {
      const bytes = new Uint8Array(into.buffer, into.byteOffset, count * rowBytes);
      for (let done = 0; done < bytes.length;) {
        const read = readSync(descriptor, bytes, done, bytes.length - done, from * rowBytes + done);
        if (read === 0) throw new SurgeryError('file-unreadable', 'The kept outputs of the frozen layers ended early.', { expected: `${shape[0] * rowBytes} bytes`, received: `${fstatSync(descriptor).size}`, where });
        done += read;
      }
    },
  };
}
