import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import * as z from 'zod/mini';
import { SurgeryError } from '../core/errors';
import type { Operation } from '../core/surgery/operation';

/** What is done to a model, as it is saved beside its file and backed up: never the model itself. */
export interface SavedEdits {
  /** The trained file that the operations follow; null where they follow the source. Absolute. */
  readonly trained: string | null;
  readonly operations: readonly Operation[];
  /** The plan whose operations these are; null where it holds others, or there is none. Absolute. */
  readonly plan: string | null;
}

// What stands beside `op` is judged by the worker, which applies it.
const schema = z.strictObject({
  version: z.literal(1), model: z.string(), trained: z.optional(z.string()), plan: z.optional(z.string()), operations: z.array(z.looseObject({ op: z.string() })),
});

/** `MODEL.keras.edits.json` beside the model. */
export function editsPathOf(modelPath: string): string {
  return join(dirname(modelPath), `${basename(modelPath)}${suffix}`);
}

const suffix = '.edits.json';

export function isEditsPath(path: string): boolean {
  return path.endsWith(suffix);
}

/** The model beside which the edits are saved. */
export function modelPathOfEdits(editsPath: string): string {
  return editsPath.slice(0, -suffix.length);
}

/** With paths from the model's folder, so that the folder can be moved. */
export function editsText(modelPath: string, { trained, plan, operations }: SavedEdits): string {
  const near = (path: string): string => relative(dirname(modelPath), path).split(sep).join('/');
  const record = {
    version: 1, model: basename(modelPath), ...(trained === null ? {} : { trained: near(trained) }), ...(plan === null ? {} : { plan: near(plan) }), operations,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Null where there is no such file. Rejects with `plan-invalid` for another text. */
export async function readEdits(path: string, modelPath: string): Promise<SavedEdits | null> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  });
  if (text === null) return null;
  const { trained, plan, operations } = parse(text, path);
  const absolute = (given: string): string => (isAbsolute(given) ? given : resolve(dirname(modelPath), given));
  return {
    trained: trained === undefined ? null : absolute(trained), plan: plan === undefined ? null : absolute(plan),
    operations: operations as unknown as readonly Operation[],
  };
}

/** Its place holds the old text or all of the new one. Rejects with `write-failed`. */
export async function writeEdits(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new SurgeryError('write-failed', 'The edits cannot be saved', { where: path, cause });
  }
}

function parse(text: string, where: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SurgeryError('plan-invalid', 'The saved edits cannot be read', { expected: '{ version: 1, model, operations }', where, cause });
  }
}
