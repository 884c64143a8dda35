import { isJsonObject, type Json } from '../model/json';

/** Keys under which a string is a name and no word of Keras. */
const names = new Set(['name', 'class_name', 'registered_name', 'module', 'dtype', 'vocabulary']);

/** Keys whose lists start with the name of a layer. */
const references = new Set(['inbound_nodes', 'input_layers', 'output_layers']);

/** Words of TensorFlow.js that are not Keras'. */
const words: Readonly<Record<string, string>> = { gelu_new: 'gelu_new', r_e_l_u: 'relu' };

/** Keys that TensorFlow.js adds and Keras does not take. */
const added = new Set(['has_l1', 'has_l2', 'input_d_type']);

/**
 * A topology in Keras' spelling. TensorFlow.js has keys and words in camelCase in memory, and some writers left them so:
 * `className`, `channelsLast`, `hardSigmoid`. Names of layers stay as they are.
 */
export function pythonic(value: Json, key = ''): Json {
  if (typeof value === 'string') return names.has(key) ? value : word(value);
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return items.map((item, index) => (references.has(key) && index === 0 && typeof item === 'string' ? item : pythonic(item, key)));
  }
  if (!isJsonObject(value)) return value;
  const isSpelled = Object.keys(value).every((name) => name === snake(name));
  const entries = Object.entries(value).map(([name, item]): readonly [string, Json] => [snake(name), item]);
  const kept = entries.filter(([name]) => !added.has(name));
  const next = kept.map(([name, item]): readonly [string, Json] => [name, pythonic(item, name)]);
  const same = isSpelled && kept.length === entries.length && next.every(([, item], index) => item === kept[index][1]);
  return same ? value : Object.fromEntries(next);
}

/** `channelsLast` is a word; what has other signs in it is not. */
function word(text: string): string {
  if (!/^[a-z]+[A-Z][A-Za-z0-9]*$/.test(text)) return text;
  const spelled = snake(text);
  return Object.hasOwn(words, spelled) ? words[spelled] : spelled;
}

function snake(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
