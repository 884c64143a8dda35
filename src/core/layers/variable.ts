import type { Json } from '../model/json';
import type { WeightSpec } from './layer';

/** A trainable variable whose initializer, regularizer and constraint stand in the config as `NAME_initializer`, … */
export function variable(name: string, shape: readonly number[], initializer: Json, config: object): WeightSpec {
  return variableSetBy({ name, settings: name }, shape, initializer, config);
}

/** A trainable variable whose settings stand in the config under another name than its own: `SETTINGS_initializer`, … */
export function variableSetBy(
  { name, settings }: { readonly name: string; readonly settings: string },
  shape: readonly number[],
  initializer: Json,
  config: object,
): WeightSpec {
  const setting = (kind: string): Json | undefined => (config as Readonly<Record<string, Json | undefined>>)[`${settings}_${kind}`];
  const regularizer = setting('regularizer') ?? null;
  const constraint = setting('constraint') ?? null;
  return {
    name,
    shape,
    initializer: setting('initializer') ?? initializer,
    trainable: true,
    ...(regularizer === null ? {} : { regularizer }),
    ...(constraint === null ? {} : { constraint }),
  };
}
