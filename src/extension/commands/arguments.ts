import * as z from 'zod/mini';
import { SurgeryError } from '../../core/errors';

const selection = z.union([
  z.enum(['all', 'nothing', 'all but head']),
  z.array(z.string()).check(z.minLength(1)),
  z.strictObject({ from: z.string(), to: z.string() }),
]);

/** The answers that commands take as arguments. What they mean for a model the worker judges. */
export const answers = {
  replaceHead: z.strictObject({ units: z.int().check(z.positive()), activation: z.optional(z.string()), name: z.optional(z.string()) }),
  removeLayers: z.union([z.strictObject({ layers: z.array(z.string()).check(z.minLength(1)) }), z.strictObject({ last: z.int().check(z.positive()) })]),
  renameLayer: z.strictObject({ layer: z.string(), name: z.string() }),
  setTrainable: z.strictObject({ layers: selection, trainable: z.boolean() }),
  exportModel: z.strictObject({ to: z.enum(['keras', 'h5', 'tfjs', 'onnx', 'script']), out: z.string() }),
  resumeTraining: z.strictObject({ run: z.string() }),
  compareWeights: z.strictObject({ a: z.string(), b: z.string() }),
  exportTensor: z.strictObject({ layer: z.string(), weight: z.string(), out: z.string() }),
  weightRow: z.object({ kind: z.literal('weight'), path: z.string(), index: z.int() }),
  showLayer: z.string(),
  applyFreezeSet: z.strictObject({ slice: z.strictObject({ start: z.nullable(z.int()), stop: z.nullable(z.int()) }), trainable: z.boolean() }),
  clone: z.strictObject({ out: z.string() }),
  trainAllPhases: z.strictObject({ phases: z.array(z.int().check(z.positive())).check(z.minLength(1)) }),
  evaluate: z.strictObject({ split: z.enum(['train', 'validation', 'test']) }),
  verdict: z.strictObject({
    pairs: z.optional(z.int().check(z.positive(), z.maximum(100_000))), arms: z.optional(z.array(z.string())), tuneTransfer: z.optional(z.boolean()), time: z.optional(z.number().check(z.positive())),
    classes: z.optional(z.array(z.union([z.string(), z.record(z.string(), z.number())]))),
  }),
  saveVerdictReport: z.strictObject({ out: z.string() }),
  run: z.union([z.string(), z.object({ id: z.string() })]),
  compareRuns: z.strictObject({ runs: z.tuple([z.string(), z.string()]) }),
  addNote: z.strictObject({ run: z.string(), note: z.string().check(z.minLength(1)) }),
  filterRuns: z.strictObject({ text: z.string() }),
  suggestFreeze: z.strictObject({ apply: z.optional(z.boolean()) }),
  /** Without a folder it is fetched. */
  installTensorFlowEngine: z.strictObject({ from: z.optional(z.string()) }),
  editSetting: z.object({ path: z.array(z.union([z.string(), z.int()])).check(z.minLength(1)), value: z.optional(z.unknown()) }),
} as const;

/** Throws `usage` that says what was expected where. */
export function parseAnswers<T>(schema: z.ZodMiniType<T>, value: unknown, expected: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new SurgeryError('usage', 'The command was given other arguments than it takes', {
    expected, received: JSON.stringify(value), ...(where === '' ? {} : { where }),
  });
}

/** A layer's path, or the row of the tree that a menu or a key hands over; undefined where nothing was given. */
export function layerPathOf(argument: unknown): string | undefined {
  if (argument === undefined || typeof argument === 'string') return argument;
  const isRow = typeof argument === 'object' && argument !== null && 'kind' in argument && 'path' in argument;
  if (isRow && typeof argument.path === 'string') return argument.path;
  throw new SurgeryError('usage', 'A layer path is needed', { expected: 'a text such as base/dense_1', received: JSON.stringify(argument) });
}
