import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';

/** A Keras object as it was asked for: `'mse'` or `{ class_name, config }`, in one form. */
export interface KerasRequest {
  /** The string, the class's name or the function's. */
  readonly name: string;
  readonly config: JsonObject;
  /** It was a plain string: Keras then names metrics after it. */
  readonly plain: boolean;
}

/**
 * Reads a loss, metric, optimizer, regularizer or constraint as plans and Keras files write it; Keras writes a function as
 * `{ class_name: 'function', config: NAME }`. Throws `config-invalid`.
 */
export function readKerasObject(object: unknown, where: string): KerasRequest {
  if (typeof object === 'string') return { name: object, config: {}, plain: true };
  const json = object as Json | undefined;
  if (isJsonObject(json) && typeof json['class_name'] === 'string') {
    const { class_name: name, config } = json;
    if (name === 'function' && typeof config === 'string') return { name: config, config: {}, plain: true };
    return { name, config: isJsonObject(config) ? config : {}, plain: false };
  }
  throw new SurgeryError('config-invalid', 'A Keras object is neither a name nor an object with a class name.', {
    expected: 'a Keras name, or { "class_name", "config" }',
    received: showSetting(object),
    where,
  });
}

/** What Keras has, or may have, and we do not. */
export function unsupportedObject(kind: string, name: string, supported: readonly string[], where: string): SurgeryError {
  return new SurgeryError('unsupported', `The ${kind} ${name} is not supported.`, {
    expected: `one of ${supported.join(', ')}`,
    received: name,
    where,
  });
}

/** A number out of a config. Throws `config-invalid` where it is missing without a default, or no number of this range. */
export function readNumber(config: JsonObject, key: string, options: NumberOptions): number {
  const { fallback, least = -Infinity, most = Infinity, where } = options;
  const given = config[key] ?? fallback;
  if (typeof given === 'number' && Number.isFinite(given) && given >= least && given <= most) return given;
  throw invalidSetting(`${where}.${key}`, `a number${least === -Infinity ? '' : ` from ${least}`}${most === Infinity ? '' : ` to ${most}`}`, given);
}

interface NumberOptions {
  readonly fallback?: number;
  readonly least?: number;
  readonly most?: number;
  readonly where: string;
}

/** A truth value out of a config. Throws `config-invalid`. */
export function readFlag(config: JsonObject, key: string, fallback: boolean, where: string): boolean {
  const given = config[key] ?? fallback;
  if (typeof given === 'boolean') return given;
  throw invalidSetting(`${where}.${key}`, 'true or false', given);
}

export function invalidSetting(where: string, expected: string, received: unknown): SurgeryError {
  return new SurgeryError('config-invalid', `The setting ${where} is not valid.`, { expected, received: showSetting(received), where });
}

function showSetting(setting: unknown): string {
  return setting === undefined ? 'nothing' : JSON.stringify(setting).slice(0, 200);
}
