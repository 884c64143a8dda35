import type { Tensor } from './model/tensor';
import type { Program } from './ops/program';

/** Named tensors, fed to a step or given by it. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Compiles programs. An engine lowers and runs; it defines nothing. */
export interface Engine {
  readonly name: EngineName;
  readonly version: string;
  /** Why it was taken, where nobody named it. */
  readonly why?: string;
  /** Throws `engine-failed`, with the engine's own words as cause. */
  compile(program: Program): Promise<CompiledProgram>;
  dispose(): Promise<void>;
}

export type EngineName = 'tensorflow' | 'onnxruntime' | 'onnxruntime-wasm' | 'reference';

/** Row-major numbers by the name of the state. */
export type ExactStates = Readonly<Record<string, Float64Array>>;

/** A program that is ready to run. States are zeros until written; they live inside the engine from step to step. */
export interface CompiledProgram {
  /** Sets some or all states. The tensors are copied or never changed afterwards by either side. */
  writeState(states: Tensors): void;
  /** Copies of the named states, or of all. */
  readState(names?: readonly string[]): Promise<Tensors>;
  /** Only where states are held in more than float32: all of them as they are, for a run that is to go on bit for bit. */
  readonly exactState?: { read(): ExactStates; write(states: ExactStates): void };
  /**
   * Runs steps one after the other and gives the outputs of each. The batch size is axis 0 of what is fed and may differ
   * from step to step. Every input of the program must be there.
   */
  run(steps: readonly Tensors[]): Promise<readonly Tensors[]>;
  dispose(): Promise<void>;
}

/** What `engines` says of one engine. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  readonly version: string | null;
  /** Why it is or is not available, or why it was (not) chosen. */
  readonly reason: string;
  readonly chosen: boolean;
}

/** A file that is read by ranges. */
export interface ByteSource {
  readonly name: string;
  /** bytes */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Throws `file-unreadable` where they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same without waiting, for a library that cannot wait. Works after `close` too: throws `file-changed` where it is another file by then. */
  readNow(offset: number, length: number): Uint8Array;
  close(): Promise<void>;
}

/** The files beside a model that it names: plain files inside its folder, and no others. */
export interface ModelFolder {
  /**
   * `path` is relative, its steps parted by `/`. Throws `format-hostile` for a path that leads out of the folder, a link, or a
   * file that has another name elsewhere; `file-missing`, `file-unreadable`.
   */
  open(path: string): Promise<ByteSource>;
}

export interface Clock {
  /** ms since the epoch */
  now(): number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  write(level: LogLevel, message: string): void;
}

/** SHA-256 as lower-case hex. */
export type Sha256 = (bytes: Uint8Array) => string;
