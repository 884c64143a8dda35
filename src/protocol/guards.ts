import * as z from 'zod/mini';
import { SurgeryError } from '../core/errors';
import type { WorkerCalls } from './workerCalls';

const count = z.int().check(z.nonnegative());
/** POSIX, a drive, or a share: a worker has a folder of its own, so a relative path would mean another file there. */
const absolutePath = z.string().check(z.regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/), z.refine((path) => !path.includes('\0')));
/** What stands beside `op` is judged by who applies it. */
const operation = z.looseObject({ op: z.string() });
const editedModel = { path: absolutePath, operations: z.array(operation), seed: z.int() };
const model = z.object(editedModel);
const weight = { ...editedModel, layer: z.string(), weight: count };
const slice = { axes: z.tuple([count, count]), index: z.array(count), most: z.int().check(z.positive(), z.maximum(4096)) };
/** A plan is checked as a whole, with the JSON path of each mistake, by who runs it. */
const plan = z.optional(z.looseObject({ version: z.number() }));
const engine = z.string();
const features = z.optional(z.object({ memory: count, disk: count }));

/** A missing schema does not compile. */
const asks: Readonly<Record<keyof WorkerCalls, z.core.$ZodType>> = {
  inspect: model,
  graph: model,
  weights: z.object({ ...editedModel, layer: z.string() }),
  weightSlice: z.object({ ...weight, ...slice }),
  weightFigures: z.object({ ...weight, most: z.nullable(z.int().check(z.positive(), z.maximum(1e8))) }),
  weightFilters: z.object({ ...weight, channel: z.nullable(count), from: count, most: z.int().check(z.positive(), z.maximum(1024)) }),
  weightSpectrum: z.object({ ...weight, stop: z.boolean() }),
  weightRows: z.object({ ...weight, row: z.nullable(count), most: z.int().check(z.positive(), z.maximum(1000)) }),
  exportWeight: z.object({ ...weight, out: absolutePath }),
  diff: z.object({ a: model, b: model }),
  diffWeight: z.object({ a: model, b: model, layer: z.string(), weight: z.string() }),
  diffSlice: z.object({ a: model, b: model, layer: z.string(), weight: z.string(), ...slice }),
  proposeTransplant: z.object({ ...editedModel, from: z.string() }),
  train: z.object({
    planPath: absolutePath, plan, model, phases: z.array(z.int().check(z.positive())).check(z.minLength(1)), changedSinceCompile: z.boolean(), engine, out: absolutePath, resume: z.optional(z.boolean()), features,
  }),
  evaluate: z.object({ planPath: absolutePath, plan, model, split: z.enum(['train', 'validation', 'test']), engine }),
  export: z.object({ model, planPath: z.optional(absolutePath), to: z.string(), out: absolutePath }),
  verdict: z.object({
    planPath: absolutePath, plan, pairs: z.nullable(z.int().check(z.positive(), z.maximum(100_000))), arms: z.array(z.string()), tuneTransfer: z.boolean(),
    classes: z.array(z.record(z.string(), z.number())), timeBudget: z.number().check(z.positive()), engine, features,
  }),
  verdictReport: z.object({ verdict: z.looseObject({ verdict: z.string() }), planPath: absolutePath, out: absolutePath }),
  replayRun: z.object({ planPath: absolutePath, id: z.string(), out: absolutePath, features }),
  ledger: z.object({ planPath: absolutePath }),
  annotateRun: z.object({ planPath: absolutePath, about: z.string(), note: z.nullable(z.string()) }),
  suggestFreeze: z.object({ planPath: absolutePath, plan, model, engine }),
  installTensorflow: z.object({ target: absolutePath, from: z.optional(absolutePath) }),
  clearFeatures: z.object({}),
  engines: z.object({ engine, model: z.optional(model) }),
  checkPlan: z.object({ planPath: absolutePath, text: z.string() }),
  describeData: z.object({ path: absolutePath }),
};

/** What the worker checks of each ask before its handler sees it. They throw `usage`, naming the first wrong field. */
export const workerAskGuards: Readonly<Record<keyof WorkerCalls, (value: unknown) => void>> = {
  inspect: guard('inspect'),
  graph: guard('graph'),
  weights: guard('weights'),
  weightSlice: guard('weightSlice'),
  weightFigures: guard('weightFigures'),
  weightFilters: guard('weightFilters'),
  weightSpectrum: guard('weightSpectrum'),
  weightRows: guard('weightRows'),
  exportWeight: guard('exportWeight'),
  diff: guard('diff'),
  diffWeight: guard('diffWeight'),
  diffSlice: guard('diffSlice'),
  proposeTransplant: guard('proposeTransplant'),
  train: guard('train'),
  evaluate: guard('evaluate'),
  export: guard('export'),
  verdict: guard('verdict'),
  verdictReport: guard('verdictReport'),
  replayRun: guard('replayRun'),
  ledger: guard('ledger'),
  annotateRun: guard('annotateRun'),
  suggestFreeze: guard('suggestFreeze'),
  installTensorflow: guard('installTensorflow'),
  clearFeatures: guard('clearFeatures'),
  engines: guard('engines'),
  checkPlan: guard('checkPlan'),
  describeData: guard('describeData'),
};

function guard(name: keyof WorkerCalls): (value: unknown) => void {
  return (value) => {
    const issue = z.safeParse(asks[name], value).error?.issues[0];
    if (!issue) return;
    const where = [name, ...issue.path.map(String)].join('.');
    throw new SurgeryError('usage', `The ask ${name} has another shape: ${issue.message}`, { expected: issue.message, where });
  };
}
