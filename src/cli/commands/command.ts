import type { Command } from 'commander';
import type { Terminal } from '../terminal';

/** One command of the terminal tool. Each file in this folder holds one, all of this outline; `main.ts` lists them. */
export interface CliCommand {
  /** Adds its name, arguments and options, and what it does to `program`. */
  register(program: Command, terminal: () => Terminal): void;
}
