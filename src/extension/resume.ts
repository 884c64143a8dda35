import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import * as z from 'zod/mini';
import { SurgeryError } from '../core/errors';
import type { Operation } from '../core/surgery/operation';
import type { TrainRequest } from '../protocol/workerCalls';
import { readRun, runsFolder } from './runLog';

const requestName = 'request.json';

/** What a run was asked for, beside its log: with the plan it gives the run again. The model's path is relative to the folder. */
const keptRequest = z.object({
  version: z.literal(1),
  model: z.object({ path: z.string(), operations: z.array(z.looseObject({ op: z.string() })), seed: z.int() }),
  phases: z.array(z.int().check(z.positive())).check(z.minLength(1)),
  changedSinceCompile: z.boolean(),
});

/** Writes down what the run in `out` was asked for, so that it can go on in another window too. */
export async function keepRequest({ out, model, phases, changedSinceCompile }: TrainRequest): Promise<void> {
  const kept: z.infer<typeof keptRequest> = { version: 1, model: { ...model, path: relative(out, model.path), operations: [...model.operations] }, phases: [...phases], changedSinceCompile };
  await writeFile(join(out, requestName), `${JSON.stringify(kept)}\n`);
}

/** Throws `usage` where the folder is not of a run that can go on. */
export async function requestAgain(folder: string, planPath: string): Promise<TrainRequest> {
  const parsed = keptRequest.safeParse(await readJson(join(folder, requestName)));
  const start = (await readRun(folder, folder))?.events.at(0);
  if (!parsed.success || start?.type !== 'start' || !(await canResume(folder))) {
    throw new SurgeryError('usage', 'This run cannot go on', { expected: 'the folder of a run that was stopped or ended by a crash', received: folder });
  }
  const { model, phases, changedSinceCompile } = parsed.data;
  const edited = { path: resolve(folder, model.path), operations: model.operations as unknown as readonly Operation[], seed: model.seed };
  // Another engine gives other bytes, so the run goes on with the one that it began with.
  return { planPath, model: edited, phases, changedSinceCompile, engine: start.engine.name, out: folder, resume: true };
}

/** A run that has ended has no checkpoints; whether one is whole the worker judges. */
export async function canResume(folder: string): Promise<boolean> {
  const names = await readdir(join(folder, 'checkpoints')).catch((): string[] => []);
  return names.some((name) => /^ckpt-\d+$/.test(name));
}

/** The newest run of a plan, where it can go on: one that a later run has followed goes on only by its name. */
export async function latestResumable(planPath: string): Promise<string | null> {
  const folder = runsFolder(planPath);
  const name = (await readdir(folder).catch((): string[] => [])).sort().at(-1);
  return name !== undefined && (await canResume(join(folder, name))) ? join(folder, name) : null;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    return null;
  }
}
