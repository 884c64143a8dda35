import { SurgeryError } from '../../core/errors';
import { writeKeras } from '../../core/formats/writeKeras';
import type { Model } from '../../core/model/model';
import type { Plan } from '../../core/plan/plan';
import { refuseInputAsOutput, writeFileAtomically } from '../atomicWrite';
import { sha256 } from '../fileBytes';

/** Formats that an export may be asked for; those without a writer are refused by name. */
const writers: Readonly<Record<string, ((model: Model) => Promise<Uint8Array>) | null>> = { keras: writeKeras, h5: null, tfjs: null, onnx: null, script: null };

export interface ExportJob {
  readonly model: Model;
  readonly to: string;
  /** absolute */
  readonly out: string;
  /** Absolute paths of what was read: none of them may be written. */
  readonly inputs: readonly string[];
}

/** Writes a model whole or not at all. Throws `usage`, `unsupported`, `output-refused`, `write-failed`. */
export async function exportJob({ model, to, out, inputs }: ExportJob): Promise<{ readonly path: string; readonly format: string; readonly sha256: string }> {
  const write = writerOf(to);
  await refuseInputAsOutput(out, inputs);
  const bytes = await write(model);
  await writeFileAtomically(out, bytes);
  return { path: out, format: to, sha256: sha256(bytes) };
}

function writerOf(format: string): (model: Model) => Promise<Uint8Array> {
  const known = Object.keys(writers);
  const writer = Object.hasOwn(writers, format) ? writers[format] : undefined;
  if (writer) return writer;
  const expected = known.filter((name) => writers[name] !== null).join(', ');
  if (writer === null) throw new SurgeryError('unsupported', 'Models are not written in this format yet.', { expected, received: format, where: 'to' });
  throw new SurgeryError('usage', 'There is no such format.', { expected, received: format, where: 'to' });
}

/** The model compiled as a plan's last phase compiles it, where it was edited since, or never compiled. */
export function compiledAsPlanned(model: Model, edited: boolean, { compile, phases }: Plan): Model {
  if (model.compile && !edited) return model;
  const optimizer = phases.at(-1)?.optimizer ?? null;
  return { ...model, compile: { ...compile, optimizer }, compileConfig: null, optimizerVariables: [] };
}
