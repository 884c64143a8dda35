import type { Json } from '../model/json';

/** Keras takes only floats for these, and JSON writes 1.0 as 1. */
const floatKeys = new Set(['learning_rate', 'initial_learning_rate', 'weight_decay']);

/** Plain data as a Python expression. Texts are quoted and escaped whatever they hold, so a name is never code. */
export function python(value: Json, key = ''): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value, floatKeys.has(key));
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map((item) => python(item)).join(', ')}]`;
  return `{${Object.entries(value).map(([name, item]) => `${pythonText(name)}: ${python(item, name)}`).join(', ')}}`;
}

function pythonNumber(value: number, float: boolean): string {
  if (Number.isNaN(value)) return 'float("nan")';
  if (!Number.isFinite(value)) return value > 0 ? 'float("inf")' : 'float("-inf")';
  return float && Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}

/** ASCII only, so that neither an editor's encoding nor an invisible character changes what is meant. */
export function pythonText(text: string): string {
  const escaped = JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // A pair of surrogates is one character in JSON and two in Python.
  return escaped.replace(/\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/g, (_pair, high: string, low: string) => {
    const point = 0x10000 + ((parseInt(high, 16) & 0x3ff) << 10) + (parseInt(low, 16) & 0x3ff);
    return `\\U${point.toString(16).padStart(8, '0')}`;
  });
}

/** A line of comment. */
export function pythonComment(text: string): string {
  return `#   ${pythonText(text).slice(1, -1).replaceAll('\\"', '"')}`;
}
