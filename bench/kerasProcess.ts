import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { kerasEnvironment, kerasPython } from '../test/support/keras';
import { projectRoot } from '../test/support/cached';

export interface KerasVersions {
  readonly keras: string;
  readonly tensorflow: string;
  readonly python: string;
}

/** Of a training step, on either side. */
export interface StepTimes {
  /** From the end of the first epoch to the end of the last, by the number of steps. */
  readonly seconds: number;
  /** Median from the end of one step to the end of the next. seconds */
  readonly betweenBatches: number;
  /** Time of all threads of the process, over the same epochs as `seconds`. */
  readonly processor: number;
  readonly loss: number;
}

/** Real Keras in a process of its own that imports once and then works by lines of JSON. */
export class KerasProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly versions: KerasVersions,
  ) {}

  static async start(): Promise<KerasProcess> {
    const child = spawn(await kerasPython(), [join(projectRoot, 'bench/keras_jobs.py')], { env: kerasEnvironment, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new KerasProcess(child, lines, await nextLine<KerasVersions>(lines));
  }

  /** Writes a plan, its model and its data into the folder. */
  async make(job: string, out: string): Promise<void> {
    await this.ask({ do: 'make', job, out });
  }

  steps(folder: string, epochs: number): Promise<StepTimes> {
    return this.ask({ do: 'steps', folder, epochs });
  }

  /** seconds of the plan's phases */
  async fit(folder: string): Promise<number> {
    return (await this.ask<{ seconds: number }>({ do: 'fit', folder })).seconds;
  }

  /** seconds from after the imports to the saved model */
  async textbook(out: string): Promise<number> {
    return (await this.ask<{ seconds: number }>({ do: 'textbook', out })).seconds;
  }

  stop(): void {
    this.child.stdin?.end();
  }

  private ask<T>(question: object): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    return nextLine<T>(this.lines);
  }
}

/** Throws where Keras ended instead. */
async function nextLine<T>(lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next();
  if (line.done === true) throw new Error('Keras ended without an answer');
  return JSON.parse(line.value) as T;
}
