import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { flushFolder, writeFileAtomically } from '../atomicWrite';
import { sha256 } from '../fileBytes';
import { pack, unpack } from './pack';

const manifestName = 'manifest.json';
const stateName = 'state.json';
const weightsName = 'weights.bin';
const pointerName = 'latest';

const whole = /^ckpt-\d{6,}$/;
const torn = /^ckpt-\d{6,}\.tmp-[0-9a-f]{12}$/;

/** Those that stay: should the newest be damaged, the one before it is there. */
const kept = 2;

/** What was read, and which newer checkpoints could not be. */
export interface FoundCheckpoint {
  readonly name: string;
  readonly value: unknown;
  readonly broken: readonly string[];
}

/**
 * The checkpoints of one run in a folder of their own. Each is a folder `ckpt-000001` with `weights.bin`, `state.json` and, written
 * last, `manifest.json` with the size and SHA-256 of both; it is made under another name and renamed when all of it is on the
 * disk. `latest` holds the newest name. A crash at any moment leaves a whole one, where there was one before.
 */
export class CheckpointStore {
  private last = 0;
  private valid: string[] = [];

  constructor(private readonly folder: string) {}

  /** Removes every checkpoint: a run that begins, or one that has ended, has none. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    this.valid = [];
  }

  /** Writes plain data with typed arrays in it, then drops all but the newest two. Throws `write-failed`. */
  async save(value: unknown): Promise<void> {
    const name = `ckpt-${String(this.last + 1).padStart(6, '0')}`;
    const temporary = join(this.folder, `${name}.tmp-${randomBytes(6).toString('hex')}`);
    const { json, bytes } = pack(value);
    const parts = [[weightsName, bytes], [stateName, new TextEncoder().encode(json)]] as const;
    try {
      await mkdir(temporary, { recursive: true });
      for (const [file, content] of parts) await writeFlushed(join(temporary, file), content);
      const files = parts.map(([file, content]) => ({ name: file, size: content.length, sha256: sha256(content) }));
      await writeFlushed(join(temporary, manifestName), new TextEncoder().encode(JSON.stringify({ version: 1, files })));
      await flushFolder(temporary);
      await rename(temporary, join(this.folder, name));
      await flushFolder(this.folder);
    } catch (cause) {
      throw new SurgeryError('write-failed', 'A checkpoint could not be written; the one before it is whole.', {
        expected: `${bytes.length + json.length} bytes of room in a folder that can be written`, received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: join(this.folder, name), cause,
      });
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    }
    this.last += 1;
    this.valid.push(name);
    await writeFileAtomically(join(this.folder, pointerName), `${name}\n`);
    await this.prune();
  }

  private async prune(): Promise<void> {
    const old = this.valid.splice(0, Math.max(0, this.valid.length - kept));
    await Promise.all(old.map((name) => rm(join(this.folder, name), { recursive: true, force: true })));
  }

  /**
   * The newest checkpoint whose manifest verifies. Broken ones are named and left; what a crash left half written is removed.
   * Throws `file-missing` where there is none, `format-broken` where all are broken.
   */
  async latest(): Promise<FoundCheckpoint> {
    const names = await readdir(this.folder).catch((): string[] => []);
    await Promise.all(names.filter((name) => torn.test(name)).map((name) => rm(join(this.folder, name), { recursive: true, force: true })));
    const candidates = names.filter((name) => whole.test(name)).sort((a, b) => numberOf(b) - numberOf(a));
    if (candidates.length === 0) {
      throw new SurgeryError('file-missing', 'There is no checkpoint to go on from.', { expected: 'a run that was stopped or ended by a crash', received: 'none', where: this.folder });
    }
    this.last = numberOf(candidates[0]);
    const broken: string[] = [];
    for (const name of candidates) {
      const value = await readVerified(join(this.folder, name)).catch(() => undefined);
      if (value === undefined) {
        broken.push(name);
        continue;
      }
      this.valid = candidates.filter((other) => numberOf(other) <= numberOf(name)).reverse();
      return { name, value, broken };
    }
    throw new SurgeryError('format-broken', 'No checkpoint of this run is whole.', { received: broken.join(', '), where: this.folder });
  }
}

function numberOf(name: string): number {
  return Number(name.slice('ckpt-'.length));
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Undefined where a file lacks, or differs from the manifest in size or hash. */
async function readVerified(folder: string): Promise<unknown> {
  const manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as { readonly version?: unknown; readonly files?: readonly { readonly name: string; readonly size: number; readonly sha256: string }[] };
  if (manifest.version !== 1) return undefined;
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await readFile(join(folder, name));
    const said = manifest.files?.find((file) => file.name === name);
    if (said?.size !== bytes.length || said.sha256 !== sha256(bytes)) throw new Error(`${name} is not what its manifest says`);
    return bytes;
  };
  const [bytes, json] = [await read(weightsName), await read(stateName)];
  return unpack({ json: new TextDecoder().decode(json), bytes });
}
