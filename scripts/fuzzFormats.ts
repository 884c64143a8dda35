import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mutations, originals, verdictOf, type Verdict } from '../test/support/mutations';

/**
 * Opens many mutated files of every format: `tsx scripts/fuzzFormats.ts [MUTATIONS] [SEED]`. Each must end, within ten seconds, as the same
 * model or as a named error; a process that hangs is killed and its mutation told. Prints figures by format; ends with 1 where one failed.
 */

/** ms */
const deadline = 10_000;

interface Report {
  readonly index: number;
  readonly verdict: Verdict;
  readonly milliseconds: number;
}

const [count = 10_000, seed = 1] = process.argv.slice(2).map(Number);

async function answer(index: number): Promise<void> {
  const files = originals(readdirSync, readFileSync);
  const started = performance.now();
  const verdict = await verdictOf(files[index % files.length], mutations(seed, index));
  process.send?.({ index, verdict, milliseconds: performance.now() - started });
}

async function supervise(): Promise<void> {
  const files = originals(readdirSync, readFileSync);
  const tally = new Tally();
  let worker = start();
  for (let index = 0; index < count; index++) {
    const report = await ask(worker, index);
    if (!report) worker = start();
    tally.add(files[index % files.length].name, index, report);
    if (index % 1000 === 999) tally.print();
  }
  worker.kill();
  tally.print();
}

class Tally {
  private readonly figures: Record<string, Record<string, number>> = {};
  private readonly failures: string[] = [];
  private slowest = 0;
  private total = 0;

  add(name: string, index: number, report: Report | undefined): void {
    const { outcome, failure } = report?.verdict ?? { outcome: 'hung', failure: 'did not end' };
    const row = (this.figures[name.split('.').at(-1) ?? name] ??= {});
    row[outcome] = (row[outcome] ?? 0) + 1;
    this.total++;
    this.slowest = Math.max(this.slowest, report?.milliseconds ?? deadline);
    if (failure !== undefined) this.failures.push(`${name} mutation ${index}: ${failure}`);
  }

  print(): void {
    console.table(this.figures);
    console.log(`${this.total} of ${count} mutations, slowest ${Math.round(this.slowest)} ms, ${this.failures.length} failed`);
    this.failures.slice(0, 50).forEach((line) => console.log(line));
    process.exitCode = this.failures.length === 0 ? 0 : 1;
  }
}

type Worker = ReturnType<typeof fork>;

function start(): Worker {
  return fork(fileURLToPath(import.meta.url), [String(count), String(seed)], { execArgv: process.execArgv });
}

/** Undefined where the process did not answer in time or ended. */
function ask(worker: Worker, index: number): Promise<Report | undefined> {
  return new Promise((done) => {
    const finish = (report?: Report): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      if (!report) worker.kill('SIGKILL');
      done(report);
    };
    const timer = setTimeout(finish, deadline + 5000);
    worker.once('message', (report: Report) => finish(report));
    worker.once('exit', () => finish());
    worker.send(index);
  });
}

if (process.send) process.on('message', (index: number) => void answer(index));
else await supervise();
