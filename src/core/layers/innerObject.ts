import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../model/json';

const object = z.custom<JsonObject>((value) => isJsonObject(value as JsonObject));

/** A layer inside the config of another, as Keras writes it. */
export const objectConfig = z.looseObject({ class_name: z.string(), config: object }) as unknown as z.ZodType<JsonObject & { readonly class_name: string; readonly config: JsonObject }>;
