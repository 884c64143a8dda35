import { Command, CommanderError, Option } from 'commander';
import { SurgeryError, toErrorRecord, type ErrorRecord } from '../core/errors';
import { applyCommand } from './commands/apply';
import type { CliCommand } from './commands/command';
import { diffCommand } from './commands/diff';
import { enginesCommand } from './commands/engines';
import { evaluateCommand } from './commands/evaluate';
import { exportCommand } from './commands/export';
import { featuresCommand } from './commands/features';
import { inspectCommand } from './commands/inspect';
import { predictCommand } from './commands/predict';
import { runCommand } from './commands/run';
import { runsCommand } from './commands/runs';
import { suggestCommand } from './commands/suggest';
import { verdictCommand } from './commands/verdict';
import { openEngine } from '../engine/openEngine';
import { laneArgument } from '../node/verdict/laneMessages';
import { serveLane } from '../node/verdict/serveLane';
import { openTerminal, type Terminal } from './terminal';

const commands: readonly CliCommand[] = [
  inspectCommand, applyCommand, runCommand, evaluateCommand, predictCommand, exportCommand, diffCommand, verdictCommand, runsCommand, suggestCommand, enginesCommand, featuresCommand,
];

/** Exit codes that scripts branch on. */
const exit = { done: 0, failed: 1, usage: 2, stopped: 130 } as const;

interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly engine: string;
}

function build(signal: AbortSignal): Command {
  const program = new Command('model-surgery').description('Inspect, cut, graft and fine-tune saved Keras models.').exitOverride();
  const terminal = (): Terminal => {
    const { json = false, quiet = false, engine } = program.opts<GlobalOptions>();
    return openTerminal({ json, quiet, engine, signal, stdout: process.stdout, stderr: process.stderr });
  };
  for (const command of commands) command.register(program, terminal);
  for (const target of [program, ...program.commands]) addGlobalOptions(target, program);
  return program;
}

/** They may stand before or after the command's name. */
function addGlobalOptions(target: Command, program: Command): void {
  target.exitOverride().configureOutput({ writeErr: (text) => { if (!process.argv.includes('--json')) process.stderr.write(text); } });
  const options = [
    new Option('--json', 'JSON on stdout and nothing else'),
    new Option('--engine <name>', 'the engine to compute with').default('auto'),
    new Option('--quiet', 'no progress'),
  ];
  for (const option of options) {
    target.addOption(option);
    if (target !== program) target.on(`option:${option.attributeName()}`, (value: string | undefined) => program.setOptionValue(option.attributeName(), value ?? true));
  }
}

function report(record: ErrorRecord, json: boolean): void {
  if (json) {
    process.stderr.write(`${JSON.stringify({ error: record })}\n`);
    return;
  }
  const { message, where, expected, received } = record;
  const details = [where && `where: ${where}`, expected && `expected: ${expected}`, received && `received: ${received}`].filter(Boolean);
  process.stderr.write(`error: ${message}\n${details.map((line) => `  ${line}\n`).join('')}`);
}

function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof SurgeryError)) return exit.failed;
  if (thrown.code === 'stopped') return exit.stopped;
  return thrown.code === 'usage' ? exit.usage : exit.failed;
}

async function main(): Promise<number> {
  const json = process.argv.includes('--json');
  const controller = new AbortController();
  // The first Ctrl+C stops at the next batch and keeps what there is; a second one ends at once.
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  // A reader that went away (`| head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exit.done : exit.failed));
  try {
    await build(controller.signal).parseAsync();
    return exit.done;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return exit.done;
      if (json) report({ code: 'usage', message: thrown.message }, json);
      return exit.usage;
    }
    report(toErrorRecord(thrown), json);
    return exitCodeOf(thrown);
  }
}

if (process.argv[2] === laneArgument && process.send) {
  serveLane((name) => openEngine(name, { write: () => undefined }));
} else {
  void main().then((code) => {
    process.exitCode = code;
  });
}
