import type { Log } from '../core/ports';

/** What a command says and to whom: results on stdout, everything else on stderr. */
export interface Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  /** What `--engine` chose. */
  readonly engine: string;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The result: as JSON with `--json`, else as text. */
  readonly result: (value: object, text: () => string) => void;
  /** One line of JSON on stdout; nothing without `--json`. */
  readonly line: (value: object) => void;
  /** A line for people on stderr; nothing with `--quiet` or `--json`. */
  readonly say: (text: string) => void;
  /** Text that the next one overwrites, where stderr is a screen. */
  readonly progress: (text: string) => void;
}

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly engine: string;
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function openTerminal({ json, quiet, engine, signal, stdout, stderr }: TerminalOptions): Terminal {
  const silent = quiet || json;
  const screen = !silent && stderr.isTTY === true;
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write('\r\x1b[K');
    shown = false;
  };
  const say = (text: string): void => {
    clear();
    if (!silent) stderr.write(`${text}\n`);
  };
  return {
    json, quiet, engine, signal, say,
    log: { write: (level, message) => { if (level === 'warn' || level === 'error') say(message); } },
    result: (value, text) => {
      clear();
      stdout.write(`${json ? JSON.stringify(value, replaceNumbers) : text()}\n`);
    },
    line: (value) => {
      if (json) stdout.write(`${JSON.stringify(value, replaceNumbers)}\n`);
    },
    progress: (text) => {
      if (!screen) return;
      stderr.write(`\r\x1b[K${text}`);
      shown = true;
    },
  };
}

/** JSON has no NaN and no Infinity; they become the words that Python's `float` reads. */
function replaceNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
