import { z } from 'zod';
import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';

/** Any JSON value: what another part of the program reads (an initializer, a regularizer). */
export const json = z.custom<Json>().optional();

/** How Keras lets a variable be set: `NAME_initializer`, `NAME_regularizer`, `NAME_constraint`; see `variable`. */
export function variableSettings<N extends string>(name: N): Record<`${N}_${'initializer' | 'regularizer' | 'constraint'}`, typeof json> {
  const settings = { [`${name}_initializer`]: json, [`${name}_regularizer`]: json, [`${name}_constraint`]: json };
  return settings as ReturnType<typeof variableSettings<N>>;
}

export const positive = z.int().positive();

/** Keras' size of a window over `rank` axes: one number for all of them, or a list of one or of as many. */
export function sizes(rank: number): z.ZodType<readonly number[]> {
  return onEachAxis(positive, rank);
}

/** As `sizes`, with 0 allowed. */
export function sizesOrZeros(rank: number): z.ZodType<readonly number[]> {
  return onEachAxis(z.int().nonnegative(), rank);
}

function onEachAxis(size: z.ZodType<number>, rank: number): z.ZodType<readonly number[]> {
  const everywhere = (one: number): number[] => new Array<number>(rank).fill(one);
  return z.union([size.transform(everywhere), z.array(size).length(rank), z.tuple([size]).transform(([one]) => everywhere(one))]);
}

export const padding = z.string().transform((word) => word.toLowerCase()).pipe(z.enum(['valid', 'same']));

/** Missing means channels last, Keras' default. */
export const dataFormat = z.enum(['channels_last', 'channels_first']).nullish().transform((format) => format ?? 'channels_last');

export type DataFormat = z.output<typeof dataFormat>;

/**
 * Checks and completes the config of a layer. Throws `config-invalid` with the first key that is wrong, `unsupported` for
 * what no engine of ours computes: quantized weights and LoRA.
 */
export function readConfig<S extends z.ZodType>(schema: S, config: JsonObject, where: string): z.output<S> {
  refuseUnsupported(config, where);
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw new SurgeryError('config-invalid', `The config of a layer is not what Keras writes: ${message}.`, {
    expected: message,
    received: showJson(atPath(config, path)),
    where: [where, ...path.map(String)].join('.'),
  });
}

function refuseUnsupported(config: JsonObject, where: string): void {
  for (const key of ['quantization_config', 'lora_rank']) {
    const setting = config[key] ?? null;
    if (setting !== null) throw unsupported(key, setting, where);
  }
  const { dtype } = config;
  const policy = isJsonObject(dtype) ? dtype['class_name'] : undefined;
  if (typeof policy === 'string' && policy !== 'DTypePolicy' && policy !== 'Policy') throw unsupported('dtype', policy, where);
}

/** A feature of Keras that is refused by its name. */
export function unsupported(what: string, received: Json | undefined, where: string): SurgeryError {
  return new SurgeryError('unsupported', `${what} of a layer is not supported.`, {
    expected: `a layer without ${what}`,
    received: showJson(received),
    where: `${where}.${what}`,
  });
}

function atPath(config: Json, path: readonly PropertyKey[]): Json | undefined {
  let value: unknown = config;
  for (const key of path) value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  return value as Json | undefined;
}

function showJson(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200);
}
