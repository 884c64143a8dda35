import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { SurgeryError } from '../core/errors';
import type { Operation } from '../core/surgery/operation';
import type { SurgeryDocument } from './document';
import { editsOf } from './saveEdits';
import { writeEdits, type SavedEdits } from './savedEdits';

/** What some window did not save of a model. */
export interface Unsaved extends SavedEdits {
  /** Of the file that the operations were done to: they mean nothing in another. */
  readonly sha256: string;
  /** Where it is kept; absolute. */
  readonly file: string;
  /** The window lives and has these edits itself. */
  readonly inUse: boolean;
}

const schema = z.strictObject({
  version: z.literal(1), path: z.string(), sha256: z.string(), process: z.number(), trained: z.nullable(z.string()), plan: z.nullable(z.string()),
  operations: z.array(z.looseObject({ op: z.string() })),
});

/** ms between two looks whether a window has ended, and how often it is looked */
const [pause, looks] = [250, 40];

/**
 * What is not saved lies in the extension's storage from the moment it is done, so that a window may end in any way. Each window
 * writes files of its own, one for each model: two windows on one model do not overwrite each other's.
 */
export class UnsavedEdits {
  private readonly files = new Map<SurgeryDocument, string>();
  private readonly written = new Map<string, string>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string, private readonly lives: (process: number) => boolean = processLives) {}

  /** Where the edits of this document are kept while they are not saved; absolute. */
  fileOf(document: SurgeryDocument): string {
    const known = this.files.get(document) ?? join(this.folder, `${keyOf(document.source.path)}-${randomUUID()}.json`);
    this.files.set(document, known);
    return known;
  }

  /** Brings the file in step with the document: all that is not saved, or no file. Rejects with `write-failed`. */
  keep(document: SurgeryDocument): Promise<void> {
    const kept = this.queue.then(() => this.write(document));
    this.queue = kept.catch(() => undefined);
    return kept;
  }

  /** What other windows left of this model, the newest last. What cannot be read is not ours. */
  async left(path: string): Promise<readonly Unsaved[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.startsWith(`${keyOf(path)}-`) && name.endsWith('.json'));
    const own = new Set(this.files.values());
    const read = await Promise.all(names.map((name) => join(this.folder, name)).filter((file) => !own.has(file)).map((file) => this.read(file)));
    return read.filter((each) => each !== null).filter((each) => each.path === path).sort((one, other) => one.time - other.time);
  }

  /** The edits are kept by this window now, or given up. Those of a window that is ending are removed when it has. */
  async discard({ file }: Unsaved): Promise<void> {
    for (let look = 0; look < looks && (await this.read(file))?.inUse; look++) await new Promise((done) => setTimeout(done, pause).unref());
    if (!(await this.read(file))?.inUse) await rm(file, { force: true });
  }

  private async write(document: SurgeryDocument): Promise<void> {
    const file = this.fileOf(document);
    if (!document.isDirty) {
      if (this.written.delete(file)) await rm(file, { force: true });
      return;
    }
    const text = textOf(document);
    if (this.written.get(file) === text) return;
    await mkdir(this.folder, { recursive: true }).catch((cause: unknown) => {
      throw new SurgeryError('write-failed', 'Unsaved operations cannot be kept', { where: this.folder, cause });
    });
    await writeEdits(file, text);
    this.written.set(file, text);
  }

  private async read(file: string): Promise<(Unsaved & { readonly path: string; readonly time: number }) | null> {
    try {
      const { path, sha256, process, trained, plan, operations } = schema.parse(JSON.parse(await readFile(file, 'utf8')));
      return { path, sha256, trained, plan, operations: operations as unknown as readonly Operation[], file, inUse: this.lives(process), time: (await stat(file)).mtimeMs };
    } catch {
      return null;
    }
  }
}

function textOf(document: SurgeryDocument): string {
  return `${JSON.stringify({ version: 1, path: document.source.path, sha256: document.inspection.sha256, process: process.pid, ...editsOf(document) }, null, 2)}\n`;
}

/** A path as a file's name. */
function keyOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}

/** A number that the system has given to another process since then only means that the user is asked. */
function processLives(id: number): boolean {
  if (id === process.pid) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
