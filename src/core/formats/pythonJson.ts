import { SurgeryError } from '../errors';
import type { Json, JsonObject } from '../model/json';

export const maxJsonDepth = 128;
/** characters */
const maxJsonLength = 32 * 1024 * 1024;
const maxValues = 2_000_000;
/** Lists and objects: a network of a thousand layers has some ten thousand. */
const maxContainers = 300_000;

/** The source text of numbers that JavaScript would not write back as they stood (`1.0`, `1e-07`), by container and key. */
const spellings = new WeakMap<object, Map<string, string>>();

/**
 * Parses JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` are numbers. Objects have no prototype, so that
 * `__proto__` is a key like any other. Throws `format-limit` past 128 levels, `format-broken` where it is no JSON.
 */
export function parsePythonJson(text: string, where: string): Json {
  if (text.length > maxJsonLength) {
    throw new SurgeryError('format-limit', 'JSON text is too long.', {
      expected: `at most ${maxJsonLength} characters`, received: `${text.length} characters`, where,
    });
  }
  return new Parser(text, where).document();
}

/** Writes JSON as Python's `json.dumps` does (`, ` and `: `, ASCII only), numbers in the spelling they were read with. */
export function writePythonJson(value: Json): string {
  return write(value, undefined);
}

/** A copy of `object` with some keys set; the others keep their place and the spelling of their numbers. */
export function withKeys(object: JsonObject, changes: JsonObject): JsonObject {
  const copy = emptyObject();
  for (const key of Object.keys(object)) copy[key] = object[key];
  const kept = new Map(spellings.get(object) ?? []);
  for (const key of Object.keys(changes)) {
    const next = changes[key];
    if (!Object.is(copy[key], next)) kept.delete(key);
    const spelling = spellings.get(changes)?.get(key);
    if (spelling !== undefined) kept.set(key, spelling);
    copy[key] = next;
  }
  if (kept.size > 0) spellings.set(copy, kept);
  return copy;
}

/** A copy of `object` without some keys; spellings are kept. */
export function withoutKeys(object: JsonObject, keys: readonly string[]): JsonObject {
  const copy = emptyObject();
  const kept = new Map<string, string>();
  for (const key of Object.keys(object)) {
    if (keys.includes(key)) continue;
    copy[key] = object[key];
    const spelling = spellings.get(object)?.get(key);
    if (spelling !== undefined) kept.set(key, spelling);
  }
  if (kept.size > 0) spellings.set(copy, kept);
  return copy;
}

/** How a number that stands in a list or object was written, where JavaScript would write it in another way. */
export function spellingOf(container: Json, key: number | string): string | undefined {
  return typeof container === 'object' && container !== null ? spellings.get(container)?.get(String(key)) : undefined;
}

/** Says how numbers of a new list or object are to be written. */
export function spell<T extends JsonObject | readonly Json[]>(container: T, written: readonly (readonly [key: number | string, spelling: string])[]): T {
  if (written.length > 0) spellings.set(container, new Map(written.map(([key, spelling]) => [String(key), spelling])));
  return container;
}

function emptyObject(): Record<string, Json> {
  return Object.create(null) as Record<string, Json>;
}

function write(value: Json, spelling: string | undefined): string {
  if (typeof value === 'number') return spelling ?? writeNumber(value);
  if (typeof value === 'string') return writeString(value);
  if (value === null || typeof value === 'boolean') return String(value);
  const kept = spellings.get(value);
  if (Array.isArray(value)) return `[${value.map((item: Json, i) => write(item, kept?.get(String(i)))).join(', ')}]`;
  const object = value as JsonObject;
  return `{${Object.keys(object).map((key) => `${writeString(key)}: ${write(object[key], kept?.get(key))}`).join(', ')}}`;
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

function writeString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What JavaScript writes back as it stands. */
const plainNumber = /^(?:0|[1-9]\d{0,14})$/;
const words: readonly (readonly [string, Json])[] = [
  ['null', null], ['true', true], ['false', false], ['NaN', NaN], ['Infinity', Infinity], ['-Infinity', -Infinity],
];

class Parser {
  private at = 0;
  private values = 0;
  private containers = 0;
  /** Of the number read last, when JavaScript spells it otherwise. */
  private spelling: string | undefined;

  constructor(private readonly text: string, private readonly where: string) {}

  document(): Json {
    const value = this.value(0);
    this.skip();
    if (this.at < this.text.length) throw this.broken('the end');
    return value;
  }

  private value(depth: number): Json {
    if (depth > maxJsonDepth) {
      throw new SurgeryError('format-limit', 'JSON is nested too deeply.', { expected: `at most ${maxJsonDepth} levels`, where: this.where });
    }
    if (++this.values > maxValues || this.containers > maxContainers) throw new SurgeryError('format-limit', 'JSON holds too many values.', { expected: `at most ${maxValues}, ${maxContainers} of them lists or objects`, where: this.where });
    this.skip();
    this.spelling = undefined;
    const char = this.text[this.at];
    if (char === '{') return this.object(depth);
    if (char === '[') return this.array(depth);
    if (char === '"') return this.string();
    return char >= '0' && char <= '9' ? this.number() : this.word();
  }

  /** A word, or else a number. */
  private word(): Json {
    const found = words.find(([word]) => this.text.startsWith(word, this.at));
    if (!found) return this.number();
    this.at += found[0].length;
    return found[1];
  }

  private object(depth: number): Json {
    const object = emptyObject();
    let kept: Map<string, string> | undefined;
    this.containers++;
    this.at++;
    if (this.take('}')) return object;
    do {
      this.skip();
      const key = this.string();
      if (!this.take(':')) throw this.broken("':'");
      object[key] = this.value(depth + 1);
      if (this.spelling === undefined) kept?.delete(key);
      else (kept ??= new Map()).set(key, this.spelling);
    } while (this.take(','));
    if (!this.take('}')) throw this.broken("',' or '}'");
    return this.remember(object, kept);
  }

  private array(depth: number): Json {
    const array: Json[] = [];
    let kept: Map<string, string> | undefined;
    this.containers++;
    this.at++;
    if (this.take(']')) return array;
    do {
      array.push(this.value(depth + 1));
      if (this.spelling !== undefined) (kept ??= new Map()).set(String(array.length - 1), this.spelling);
    } while (this.take(','));
    if (!this.take(']')) throw this.broken("',' or ']'");
    return this.remember(array, kept);
  }

  private remember(container: Json & object, kept: Map<string, string> | undefined): Json {
    if (kept && kept.size > 0) spellings.set(container, kept);
    this.spelling = undefined;
    return container;
  }

  /** A scan and no pattern: a string of megabytes would exhaust a pattern's stack. */
  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') throw this.broken('a string');
    let end = this.text.indexOf('"', start + 1);
    while (end >= 0 && this.isEscaped(end)) end = this.text.indexOf('"', end + 1);
    if (end < 0) throw this.broken('a string');
    try {
      const text = JSON.parse(this.text.slice(start, end + 1)) as string;
      this.at = end + 1;
      return text;
    } catch {
      throw this.broken('a string');
    }
  }

  /** Whether an odd number of backslashes stands before a place. */
  private isEscaped(at: number): boolean {
    let first = at;
    while (this.text[first - 1] === '\\') first--;
    return (at - first) % 2 === 1;
  }

  private number(): Json {
    numberPattern.lastIndex = this.at;
    const raw = numberPattern.exec(this.text)?.[0];
    if (raw === undefined) throw this.broken('a value');
    this.at += raw.length;
    const value = Number(raw);
    if (!plainNumber.test(raw) && String(value) !== raw) this.spelling = raw;
    return value;
  }

  private take(char: string): boolean {
    this.skip();
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private skip(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.at++;
    }
  }

  private broken(expected: string): SurgeryError {
    return new SurgeryError('format-broken', `${this.where} is not valid JSON at character ${this.at}.`, {
      expected, received: JSON.stringify(this.text.slice(this.at, this.at + 20)), where: this.where,
    });
  }
}
