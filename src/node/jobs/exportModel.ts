import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { kerasScript } from '../../core/export/kerasScript';
import type { FileParts } from '../../core/formats/fileParts';
import { h5Parts } from '../../core/formats/writeH5';
import { kerasParts } from '../../core/formats/writeKeras';
import { writeTfjs } from '../../core/formats/writeTfjs';
import type { Model } from '../../core/model/model';
import type { Plan } from '../../core/plan/plan';
import { refuseInputAsOutput, writeFileAtomically } from '../atomicWrite';
import { sha256 } from '../fileBytes';
import { planFolder, type OpenedPlan } from './planFile';

/** A file of a model, and the files beside it that it names. */
interface Written {
  readonly bytes: FileParts | Uint8Array | string;
  readonly beside?: Readonly<Record<string, FileParts>>;
}

type Writer = (job: ExportJob) => Promise<Written>;

/** Formats that an export may be asked for. */
const writers: Readonly<Record<string, Writer>> = {
  keras: ({ model }) => Promise.resolve({ bytes: kerasParts(model) }),
  h5: ({ model }) => Promise.resolve({ bytes: h5Parts(model) }),
  tfjs: ({ model }) => Promise.resolve(writeTfjs(model, sha256)),
  onnx: ({ model, encodeOnnx }) => Promise.resolve({ bytes: encodeOnnx(model) }),
  script: writeScript,
};

export interface ExportJob {
  readonly model: Model;
  readonly to: string;
  /** Absolute. For `tfjs` the `model.json`, or the folder that it is written into. */
  readonly out: string;
  /** Absolute paths of what was read: none of them may be written. */
  readonly inputs: readonly string[];
  /** The model's inference graph as an ONNX file. Lowering is an engine's, so whoever starts the job hands it in. */
  readonly encodeOnnx: (model: Model) => Uint8Array;
  /** For `script`: what trains the model; a model alone is only loaded. Its operations are in the model already. */
  readonly plan?: OpenedPlan | undefined;
}

/**
 * Writes a model whole or not at all. Throws `usage`, `output-refused`, `write-failed`, and `unsupported` or `format-limit` for
 * what the format cannot say, before anything is written.
 */
export async function exportJob(job: ExportJob): Promise<{ readonly path: string; readonly format: string; readonly sha256: string }> {
  const write = writerOf(job.to);
  await refuseInputAsOutput(job.out, job.inputs);
  const { bytes, beside = {} } = await write(job);
  const path = job.to === 'tfjs' ? await manifestPath(job.out) : job.out;
  for (const name of [basename(path), ...Object.keys(beside)]) await refuseInputAsOutput(join(dirname(path), name), job.inputs);
  const hash = await writeBeside(path, beside, () => writeFileAtomically(path, bytes));
  return { path, format: job.to, sha256: hash };
}

/** The model stands beside the script as it is before training, so that both start from the same weights. */
function writeScript({ model, plan, out }: ExportJob): Promise<Written> {
  const modelFile = `${basename(out).replace(/\.py$/i, '')}.initial.keras`;
  const place = (path: string): string => (plan ? relative(dirname(out), resolve(planFolder(plan), path)).split(sep).join('/') : path);
  const uncompiled = plan ? { ...model, compile: null, compileConfig: null, optimizerVariables: [] } : model;
  return Promise.resolve({ bytes: kerasScript({ model, modelFile, plan: plan?.plan ?? null, place }), beside: { [modelFile]: kerasParts(uncompiled) } });
}

/** What is not named like a JSON file is a folder. */
async function manifestPath(out: string): Promise<string> {
  const isFolder = (await stat(out).catch(() => undefined))?.isDirectory() ?? !out.toLowerCase().endsWith('.json');
  return isFolder ? join(out, 'model.json') : out;
}

/** Other files first, so that the one that names them is there last; what was written is taken back where it cannot be. */
async function writeBeside<T>(path: string, beside: Readonly<Record<string, FileParts>>, finish: () => Promise<T>): Promise<T> {
  const folder = dirname(path);
  const made = Object.keys(beside).length === 0 ? undefined : await makeFolder(folder);
  const written: string[] = [];
  try {
    for (const [name, parts] of Object.entries(beside)) {
      const target = join(folder, name);
      // A file of that name is an earlier export's, and stays where this one fails.
      if (!(await stat(target).catch(() => undefined))) written.push(target);
      await writeFileAtomically(target, parts);
    }
    return await finish();
  } catch (thrown) {
    await Promise.all(written.map((target) => rm(target, { force: true })));
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw thrown;
  }
}

/** The outermost folder that had to be made. */
async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new SurgeryError('write-failed', 'The folder could not be made.', { received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: folder, cause });
  }
}

function writerOf(format: string): Writer {
  const writer = Object.hasOwn(writers, format) ? writers[format] : undefined;
  if (writer) return writer;
  throw new SurgeryError('usage', 'There is no such format.', { expected: Object.keys(writers).join(', '), received: format, where: 'to' });
}

/** The model compiled as a plan's last phase compiles it, where it was edited since, or never compiled. */
export function compiledAsPlanned(model: Model, edited: boolean, { compile, phases }: Plan): Model {
  if (model.compile && !edited) return model;
  const optimizer = phases.at(-1)?.optimizer ?? null;
  return { ...model, compile: { ...compile, optimizer }, compileConfig: null, optimizerVariables: [] };
}
