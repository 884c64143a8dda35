import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { readPath, showPath } from './jsonPath';
import type { PlanMistake } from './schema';

/** Where a path stands in a plan's text. */
export interface Place {
  /** UTF-16 units from the start of the text */
  readonly offset: number;
  readonly length: number;
  /** both from 1 */
  readonly line: number;
  readonly column: number;
}

/** How deep a plan may be nested: deeper ones would end the parsers' stacks. */
const MAX_DEPTH = 64;

/**
 * The place of a JSON path's value; a key that is too much is shown at the key. Where the text lacks it, the nearest thing
 * around it. Null for a text without any value.
 */
export function placeOf(text: string, jsonPath: string): Place | null {
  const root = parseTree(text);
  if (!root) return null;
  const steps = readPath(jsonPath);
  for (let length = steps.length; length > 0; length--) {
    const node = findNodeAtLocation(root, steps.slice(0, length));
    if (node) return placeAt(text, node);
  }
  return placeAt(text, root);
}

function placeAt(text: string, { offset, length }: Node): Place {
  return { offset, length, ...lineAndColumn(text, offset) };
}

function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** What keeps a text from being plain JSON with each key once. Places of broken syntax are lines and columns. */
export function textMistakes(text: string): PlanMistake[] {
  if (depthOf(text) > MAX_DEPTH) return [{ where: '$', message: `must not be nested deeper than ${MAX_DEPTH} levels` }];
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  // Where the reader stumbles over one character more than once, the first time says what is wrong.
  const first = errors.filter(({ offset }, index) => index === errors.findIndex((other) => other.offset === offset));
  const broken = first.map(({ error, offset }): PlanMistake => {
    const { line, column } = lineAndColumn(text, offset);
    return { where: `line ${line}, column ${column}`, message: `is no JSON: ${printParseErrorCode(error)}` };
  });
  return broken.length > 0 || !root ? broken : duplicateKeys(root, []);
}

/** Brackets outside of strings, without a parser: this is what keeps the parsers safe. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}

function duplicateKeys(node: Node, path: readonly (string | number)[]): PlanMistake[] {
  if (node.type === 'array') return (node.children ?? []).flatMap((item, index) => duplicateKeys(item, [...path, index]));
  if (node.type !== 'object') return [];
  const seen = new Set<string>();
  return (node.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    const name = String(key.value);
    const twice = seen.has(name) ? [{ where: showPath([...path, name]), message: 'stands twice' }] : [];
    seen.add(name);
    return [...twice, ...duplicateKeys(value, [...path, name])];
  });
}
