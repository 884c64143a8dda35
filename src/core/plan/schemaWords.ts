import * as z from 'zod';

/** An object whose keys are ours: another one is a mistake, and its message names the known ones. */
export function ours<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? `no such key; known here: ${known}` : undefined) });
}

export function described<S extends z.ZodType>(schema: S, markdownDescription: string): S {
  return schema.meta({ description: markdownDescription.replaceAll('`', ''), markdownDescription });
}

export const text = z.string().min(1, 'must not be empty');
export const path = described(text, 'Path of a layer: names joined by `/`, as `inspect` lists them.');
export const count = z.int('must be a whole number').positive('must be 1 or more');

const kerasConfig = z.looseObject({ class_name: text, config: z.record(z.string(), z.json()).default({}) });

/** A Keras name, completed from a few that are often wanted, or a Keras config. */
export function kerasObject(kind: string, examples: readonly string[]): z.ZodUnion<readonly [z.ZodString, typeof kerasConfig]> {
  const name = text.meta({ examples: [...examples] });
  return described(z.union([name, kerasConfig], `must be the Keras name of the ${kind}, or { "class_name", "config" }`), `Keras name of the ${kind}, or a Keras config: \`{ "class_name", "config" }\`.`);
}

export const paths = z.array(path);
export const range = ours({ from: path, to: path });
export const selectionWords = ['all', 'nothing', 'all but head'] as const;
export const selectionError = 'must be "all", "nothing", "all but head", a list of layer paths, or { "from", "to" }';
export const selection = described(
  z.union([z.enum(selectionWords), paths, range], selectionError),
  'Which layers: `"all"`, `"nothing"`, `"all but head"`, a list of layer paths, or a range `{ "from", "to" }` with both ends.',
);
