/** A `load_model("…")` in a line of Python. */
export interface LoadCall {
  readonly path: string;
  /** UTF-16 units; of the text between the quotes */
  readonly start: number;
  readonly end: number;
}

/** Paths in calls of `load_model`, `load_weights` apart. Texts that are put together or formatted are no paths that could be known. */
export function loadCallsOf(line: string): LoadCall[] {
  const code = withoutComment(line);
  return [...code.matchAll(/\bload_model\(\s*(?:filepath\s*=\s*)?r?(["'])((?:(?!\1)[^\\]|\\.)*)\1\s*[,)]/g)].map((match) => {
    const end = match.index + match[0].lastIndexOf(match[1]);
    return { path: match[2].replace(/\\(["'\\])/g, '$1'), start: end - match[2].length, end };
  });
}

/** Python's slice; what is missing is null. */
export interface Slice {
  readonly start: number | null;
  readonly stop: number | null;
}

/** A loop that sets `trainable` over the layers of a model. */
export interface FreezeLoop {
  /** Line of the `for`, from 0. */
  readonly line: number;
  readonly slice: Slice;
  readonly trainable: boolean;
}

const loopHead = /^(\s*)for\s+(\w+)\s+in\s+[\w.]+\.layers\s*(?:\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\])?\s*:\s*(.*)$/;

/** Loops over `….layers[a:b]` whose only statement sets `trainable` to True or False. */
export function freezeLoopsOf(lines: readonly string[]): FreezeLoop[] {
  return lines.flatMap((text, line): FreezeLoop[] => {
    const head = loopHead.exec(withoutComment(text));
    if (!head) return [];
    const [, indent, name, start = '', stop = '', rest] = head as unknown as readonly [string, string, string, string?, string?, string?];
    const next = lines.slice(line + 1).find((each) => withoutComment(each).trim() !== '') ?? '';
    const body = rest === undefined || rest.trim() === '' ? (indentOf(next) > indent.length ? withoutComment(next).trim() : '') : rest.trim();
    const set = /^(\w+)\.trainable\s*=\s*(True|False)$/.exec(body);
    if (set?.[1] !== name) return [];
    return [{ line, slice: { start: numberOf(start), stop: numberOf(stop) }, trainable: set[2] === 'True' }];
  });
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function numberOf(text: string): number | null {
  return text === '' || text === '-' ? null : Number(text);
}

/** A `#` within quotes is none. */
function withoutComment(line: string): string {
  const found = /^(?:[^#"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*/.exec(line)?.[0] ?? line;
  return line[found.length] === '#' ? found : line;
}
