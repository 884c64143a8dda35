import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { withKeys } from './pythonJson';

/** Where a layer's config holds the layers that it is made of: wrappers, RNN and its cells, networks inside them. */
const holders = ['layer', 'forward_layer', 'backward_layer', 'cell', 'cells', 'layers'];

/**
 * In memory the flag of a wrapper stands for all inside it. Keras sets those of the layers inside too, and writes them: with a
 * frozen wrapper all are off. They are turned on when such a config is read, or else opening the wrapper would open nothing.
 */
export function withoutInnerFreeze(config: JsonObject): JsonObject {
  const flags = innerFlags(config);
  return config['trainable'] === false && flags.length > 0 && flags.every((flag) => flag === false) ? withInnerFlags(config, true) : config;
}

/** The other way round, for writing. */
export function withInnerFreeze(config: JsonObject): JsonObject {
  return config['trainable'] === false && innerFlags(config).length > 0 ? withInnerFlags(config, false) : config;
}

function innerEntries(config: JsonObject): JsonObject[] {
  const values = holders.flatMap((key): readonly Json[] => {
    const value = config[key];
    return Array.isArray(value) ? (value as readonly Json[]) : key in config ? [value] : [];
  });
  return values.filter(isJsonObject).flatMap((entry) => (isJsonObject(entry['config']) ? [entry['config']] : []));
}

/** Of the layers that have one: an InputLayer has none. */
function innerFlags(config: JsonObject): Json[] {
  return innerEntries(config).flatMap((inner) => ['trainable' in inner ? [inner['trainable'] ?? true] : [], innerFlags(inner)].flat());
}

function withInnerFlags(config: JsonObject, trainable: boolean): JsonObject {
  const entry = (value: Json): Json => {
    const inner = isJsonObject(value) ? value['config'] : undefined;
    if (!isJsonObject(value) || !isJsonObject(inner)) return value;
    return withKeys(value, { config: withKeys(withInnerFlags(inner, trainable), 'trainable' in inner ? { trainable } : {}) });
  };
  const present = holders.filter((key) => key in config);
  return withKeys(config, Object.fromEntries(present.map((key) => {
    const value = config[key] ?? null;
    return [key, Array.isArray(value) ? (value as readonly Json[]).map(entry) : entry(value)];
  })));
}
