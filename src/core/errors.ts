/**
 * Every way in which this extension refuses or fails. The list is closed: scripts branch on these words.
 * Grow it, never rename or drop.
 */
export const errorCodes = [
  // what a user asked for
  'usage',
  'plan-invalid',
  'operation-refused',
  'layer-unknown',
  'nothing-to-train',
  'output-refused',
  'unsupported',
  'not-trusted',
  // what a file holds
  'file-missing',
  'file-unreadable',
  'file-changed',
  'format-unknown',
  'format-broken',
  'format-hostile',
  'format-limit',
  'not-a-model',
  'weight-missing',
  'weight-mismatch',
  'data-broken',
  'data-mismatch',
  // what a computation found
  'shape-mismatch',
  'layer-opaque',
  'config-invalid',
  'not-finite',
  'frozen-moved',
  'engine-failed',
  'engine-unavailable',
  // what happened around it
  'stopped',
  'worker-ended',
  'deadline',
  'write-failed',
  'resume-refused',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** What would have been right, in words that a user can act on. */
  readonly expected?: string;
  /** What came instead. */
  readonly received?: string;
  /** The file, layer path, weight or JSON path it is about. */
  readonly where?: string;
  /** Each of several mistakes and its place: a plan is refused as a whole. */
  readonly problems?: readonly ErrorProblem[];
  readonly cause?: unknown;
}

export interface ErrorProblem {
  readonly where: string;
  readonly message: string;
}

/** An error as it travels between processes and onto the last line of stderr. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly expected?: string;
  readonly received?: string;
  readonly where?: string;
  readonly problems?: readonly ErrorProblem[];
}

/** The one error class. Its message is a whole sentence for a developer; surfaces build their prose from the fields. */
export class SurgeryError extends Error {
  readonly code: ErrorCode;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly where: string | undefined;
  readonly problems: readonly ErrorProblem[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SurgeryError';
    this.code = code;
    this.expected = details.expected;
    this.received = details.received;
    this.where = details.where;
    this.problems = details.problems;
  }

  toRecord(): ErrorRecord {
    return {
      code: this.code,
      message: this.message,
      ...(this.expected === undefined ? {} : { expected: this.expected }),
      ...(this.received === undefined ? {} : { received: this.received }),
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.problems === undefined ? {} : { problems: this.problems }),
    };
  }
}

/** Turns whatever was thrown into a record; what is not ours becomes `internal`. */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof SurgeryError) return thrown.toRecord();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message };
}

/** The inverse of `toErrorRecord`, for the receiving side of a process boundary. */
export function fromErrorRecord(record: ErrorRecord): SurgeryError {
  return new SurgeryError(record.code, record.message, record);
}
