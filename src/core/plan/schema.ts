import * as z from 'zod';
import { SurgeryError } from '../errors';
import type { Plan } from './plan';

/** What is wrong with a plan and where: `phases[0].epochs`; `$` is the whole. */
export interface PlanMistake {
  readonly where: string;
  readonly message: string;
}

const text = z.string().min(1);
const layerName = text.refine((name) => !name.includes('/'), 'a layer name has no slash');
const kerasObject = z.union([text, z.looseObject({ class_name: text, config: z.looseObject({}).default({}) })],
  'expected a Keras name or { "class_name", "config" }');
const optimizer = kerasObject.refine((object) => typeof object === 'string' || !isNegative(object.config['learning_rate']),
  { message: 'expected a learning rate of 0 or more', path: ['config', 'learning_rate'] });

const layers = z.array(text);
const range = z.strictObject({ from: text, to: text });
const selection = z.union([z.enum(['all', 'nothing', 'all but head']), layers, range],
  'expected "all", "nothing", "all but head", a list of layer paths, or { "from", "to" }');
const freeze = z.union([z.enum(['as set', 'all', 'nothing', 'all but head']), layers, range],
  'expected "as set", "all", "nothing", "all but head", a list of layer paths, or { "from", "to" }');

const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('replaceHead'), units: z.int().positive(), activation: text, name: layerName.optional() }),
  z.strictObject({ op: z.literal('removeLayers'), layers: layers.min(1) }),
  z.strictObject({ op: z.literal('setTrainable'), layers: selection, trainable: z.boolean() }),
  z.strictObject({ op: z.literal('rename'), layer: text, name: layerName }),
  z.strictObject({ op: z.literal('loadWeights'), from: text, by: z.enum(['name', 'order']) }),
]);

const reference = z.union([text, z.record(z.string(), text)], 'expected a file, "archive.npz#member", or an object of those by input or output name');
const dataSet = z.strictObject({
  inputs: reference,
  targets: reference,
  classes: z.record(z.string().regex(/^-?\d+$/, 'expected a whole number as label'), z.number()).refine((map) => Object.keys(map).length > 0, 'expected at least one label').optional(),
  scale: z.number().optional(),
  take: z.int().positive().optional(),
  sampleWeights: reference.optional(),
});

const compile = z.strictObject({
  loss: z.union([kerasObject, z.array(kerasObject.nullable()), z.record(z.string(), kerasObject.nullable()), z.null()],
    'expected a Keras loss, a list of them, or an object by output name'),
  metrics: z.union([z.array(z.union([kerasObject, z.array(kerasObject)])), z.record(z.string(), z.union([kerasObject, z.array(kerasObject)]))],
    'expected a list of Keras metrics, or an object by output name').default([]),
  lossWeights: z.union([z.array(z.number()), z.record(z.string(), z.number())]).optional(),
});

const phase = z.strictObject({
  name: text.optional(),
  freeze,
  optimizer,
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  shuffle: z.boolean().optional(),
  classWeights: z.record(z.string().regex(/^\d+$/, 'expected a class index'), z.number().nonnegative()).optional(),
});

const seed = z.int();
const planSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  model: text,
  operations: z.array(operation).default([]),
  data: z.strictObject({ train: dataSet, validation: dataSet.optional(), test: dataSet.optional() }),
  compile,
  phases: z.array(phase).min(1),
  seed: z.union([seed, z.strictObject({ initialization: seed, order: seed, sample: seed })],
    'expected a whole number, or { "initialization", "order", "sample" }').optional(),
});

/** Checks plain data as a plan: the plan with its defaults, or every mistake. */
export function checkPlanShape(data: unknown): { readonly plan: Plan } | { readonly mistakes: readonly PlanMistake[] } {
  const parsed = planSchema.safeParse(data);
  // Optional keys that are missing are left out by the schema, so `undefined` never stands in one.
  if (parsed.success) return { plan: parsed.data as Plan };
  return { mistakes: parsed.error.issues.map(({ path, message }) => ({ where: showPath(path), message })) };
}

/** Reads the text of a plan. Throws `plan-invalid` that names every mistake with its JSON path. */
export function parsePlan(source: string, where: string): Plan {
  return requirePlan(readJson(source, where), where);
}

/** Plain data as a plan. Throws `plan-invalid` that names every mistake with its JSON path. */
export function requirePlan(data: unknown, where: string): Plan {
  const checked = checkPlanShape(data);
  if ('plan' in checked) return checked.plan;
  throw planInvalid(checked.mistakes, where);
}

/** One error of all mistakes. */
export function planInvalid(mistakes: readonly PlanMistake[], where: string): SurgeryError {
  const all = mistakes.map((mistake) => `${mistake.where}: ${mistake.message}`).join('; ');
  return new SurgeryError('plan-invalid', `The plan is wrong: ${all}`, { where: `${where} ${mistakes.map((mistake) => mistake.where).join(', ')}` });
}

/** The JSON schema of plans, for the editor's completion and validation. */
export function planJsonSchema(): object {
  return z.toJSONSchema(planSchema, { io: 'input', target: 'draft-7' });
}

function readJson(source: string, where: string): unknown {
  try {
    // Editors on Windows begin a file with a byte order mark.
    return JSON.parse(source.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new SurgeryError('plan-invalid', `The plan is no JSON: ${(cause as Error).message}`, { expected: 'JSON', where: `${where} $`, cause });
  }
}

function isNegative(rate: unknown): boolean {
  return typeof rate === 'number' && !(rate >= 0);
}

function showPath(path: readonly PropertyKey[]): string {
  const shown = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return shown === '' ? '$' : shown.replace(/^\./, '');
}
