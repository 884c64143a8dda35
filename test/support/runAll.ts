import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './cached';
import { browserPath } from './launchCodeServer';
import { testedTensorflow } from './tensorflow';

interface Failure {
  readonly title: string;
  readonly message: string;
}

interface Result {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
  /** Why the suite could not run at all. */
  readonly reason?: string;
}

interface Suite {
  readonly name: string;
  run(): Promise<Result>;
}

interface MochaReport {
  readonly stats: { readonly passes: number; readonly pending: number };
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message?: string; readonly stack?: string } }[];
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd: projectRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    child.once('error', fail);
    child.once('close', (code) => done({ code, output: Buffer.concat(parts).toString('utf8') }));
  });
}

/** A command that is one test: it ends with 0 or it fails with what it said. */
function command(name: string, script: string, ...args: string[]): Suite {
  return {
    name,
    run: async () => {
      const { code, output } = await start('npm', ['run', '--silent', script, '--', ...args]);
      return code === 0
        ? { passed: 1, skipped: 0, failures: [] }
        : { passed: 0, skipped: 0, failures: [{ title: name, message: output.slice(-4000) }] };
    },
  };
}

async function readReport(path: string, ended: Ended): Promise<Result> {
  if (!existsSync(path)) {
    return { passed: 0, skipped: 0, failures: [{ title: 'the suite ended without a report', message: ended.output.slice(-4000) }] };
  }
  const report = JSON.parse(await readFile(path, 'utf8')) as MochaReport;
  const failures = report.failures.map(({ fullTitle, err }) => ({ title: fullTitle, message: err.stack ?? err.message ?? '' }));
  // A suite that passes and yet ends badly was cut short (an unhandled rejection, a crash in an after hook).
  if (ended.code !== 0 && failures.length === 0) failures.push({ title: 'exit code', message: ended.output.slice(-4000) });
  return { passed: report.stats.passes, skipped: report.stats.pending, failures };
}

/** Runs `args`, which writes mocha's JSON report to the path that `report` names. */
async function reported(makeArgs: (report: string) => readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'model-surgery-report-'));
  try {
    const report = join(folder, 'report.json');
    return await readReport(report, await start(process.execPath, makeArgs(report), env));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Those below a folder, or the one file. */
function testFiles(folder: string): readonly string[] {
  if (folder.endsWith('.test.ts')) return [folder];
  const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.test.ts')).sort().map((name) => join(folder, name));
}

interface MochaOptions {
  /** Asked for when the tests are run. */
  readonly environment?: () => Promise<NodeJS.ProcessEnv>;
  /** Files that run at the same time. Those of a suite that starts one VS Code, or one Keras, follow each other. */
  readonly jobs?: number;
}

/** ms for a test: machines that are busy with other things are slow, not wrong */
const patience = '180000';

/** The tests of some folders. */
function mocha(name: string, folders: readonly string[], { environment, jobs = 1 }: MochaOptions = {}): Suite {
  return {
    name,
    run: async () => {
      const files = folders.flatMap(testFiles);
      if (files.length === 0) {
        return { passed: 0, skipped: 0, failures: [{ title: name, message: `no test under ${folders.join(', ')}` }] };
      }
      const env = await environment?.();
      const program = join(projectRoot, 'node_modules/mocha/bin/mocha.js');
      return reported((report) => [
        '--import', 'tsx', program, ...(jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : []), '--timeout', patience, '--reporter', 'json', '--reporter-option', `output=${report}`, ...files,
      ], env);
    },
  };
}

/** A launcher of ours that starts a VS Code; it writes the same report. */
function launcher(name: string, file: string): Suite {
  return { name, run: () => reported((report) => ['--import', 'tsx', join(projectRoot, file), '--report', report]) };
}

/** A suite that needs more than npm gives: where `lacking` says what is missing, it counts as one skipped. */
function where(lacking: () => string | undefined, suite: Suite): Suite {
  return {
    name: suite.name,
    run: () => {
      const reason = lacking();
      return reason === undefined ? suite.run() : Promise.resolve({ passed: 0, skipped: 1, failures: [], reason });
    },
  };
}

function runs(file: string, ...args: string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}

function lacksPython(): string | undefined {
  if (process.env.MODEL_SURGERY_PYTHON || runs('python3', '-c', 'import ensurepip, venv')) return undefined;
  return 'real Keras needs python3 with venv (MODEL_SURGERY_PYTHON may name a Python that has Keras)';
}

function lacksCompiler(): string | undefined {
  return runs(process.env.CXX ?? 'c++', '--version') ? undefined : 'the binding of TensorFlow is compiled by c++ (CXX may name another compiler)';
}

function lacksWorkbench(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the served VS Code is for linux-x64';
  return runs(browserPath(), '--version') ? undefined : `no browser at ${browserPath()} (CHROMIUM may name one)`;
}

const suites: readonly Suite[] = [
  command('lint', 'lint'),
  command('typecheck', 'typecheck'),
  command('build', 'build'),
  mocha('unit', ['test/unit'], { jobs: 2 }),
  mocha('engine', ['test/engine'], { jobs: 2 }),
  where(() => lacksPython() ?? lacksCompiler(), mocha('tensorflow', ['test/engine', 'test/tensorflow'], {
    environment: async () => ({ MODEL_SURGERY_ENGINES: 'tensorflow', MODEL_SURGERY_TENSORFLOW: await testedTensorflow() }),
  })),
  where(lacksPython, mocha('keras', ['test/keras'])),
  where(lacksPython, command('applications', 'test:applications')),
  where(lacksWorkbench, launcher('host', 'test/host/launch.ts')),
  where(() => lacksWorkbench() ?? lacksPython(), mocha('ui', ['test/ui'])),
  // What trains, once more with the other engine: its library is there since its own suite.
  where(() => lacksWorkbench() ?? lacksPython() ?? lacksCompiler(), mocha('ui tensorflow', ['test/ui/mainJob.test.ts'], {
    environment: async () => ({ MODEL_SURGERY_UI_ENGINE: 'tensorflow', MODEL_SURGERY_TENSORFLOW: await testedTensorflow() }),
  })),
];

function show(name: string, { passed, skipped, failures, reason }: Result, seconds: number): void {
  const note = reason === undefined ? '' : `  skipped: ${reason}`;
  const counts = [passed, failures.length, skipped].map((count) => String(count).padStart(7)).join('');
  console.log(`${name.padEnd(14)}${counts}${seconds.toFixed(1).padStart(9)} s${note}`);
  for (const { title, message } of failures) console.log(`\n  FAILED ${name}: ${title}\n${message.replace(/^/gm, '    ')}\n`);
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  let [passed, failed, skipped] = [0, 0, 0];
  console.log(`${'suite'.padEnd(14)} passed failed skipped     time`);
  for (const suite of suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const begun = performance.now();
    const result = await suite.run();
    show(suite.name, result, (performance.now() - begun) / 1000);
    passed += result.passed;
    skipped += result.skipped;
    failed += result.failures.length;
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  const refused = process.env.CI !== undefined && skipped > 0;
  process.exitCode = failed > 0 || refused || passed === 0 ? 1 : 0;
}

await main();
