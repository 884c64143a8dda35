import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
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

/** Keras as it comes: the tests switch off what makes it faster and, on some processors, fail. */
const asFastAsItComes: NodeJS.ProcessEnv = { ...kerasEnvironment, TF_ENABLE_ONEDNN_OPTS: '1' };

/** A Python program that imports once, says what it is, and then works by lines of JSON. */
class PythonProcess<Versions> {
  /** `importing`: seconds from its start to what it says of itself. */
  private constructor(private readonly child: ChildProcess, private readonly lines: AsyncIterator<string>, readonly versions: Versions, readonly importing: number) {}

  static async start<Versions>(python: string, program: string): Promise<PythonProcess<Versions>> {
    const started = performance.now();
    const child = spawn(python, [join(projectRoot, 'bench', program)], { env: asFastAsItComes, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const versions = await nextLine<Versions>(lines);
    return new PythonProcess(child, lines, versions, (performance.now() - started) / 1000);
  }

  ask<T>(question: object): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    return nextLine<T>(this.lines);
  }

  stop(): void {
    this.child.stdin?.end();
  }
}

/** Throws where the program ended instead. */
async function nextLine<T>(lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next();
  if (line.done === true) throw new Error('Python ended without an answer');
  return JSON.parse(line.value) as T;
}

/** Real Keras. */
export class KerasProcess {
  private constructor(private readonly python: PythonProcess<KerasVersions>) {}

  static async start(): Promise<KerasProcess> {
    return new KerasProcess(await PythonProcess.start(await kerasPython(), 'keras_jobs.py'));
  }

  get versions(): KerasVersions {
    return this.python.versions;
  }

  /** seconds of its imports */
  get importing(): number {
    return this.python.importing;
  }

  /** Writes a plan, its model and its data into the folder. */
  async make(job: string, out: string): Promise<void> {
    await this.python.ask({ do: 'make', job, out });
  }

  steps(folder: string, epochs: number): Promise<StepTimes> {
    return this.python.ask({ do: 'steps', folder, epochs });
  }

  /** seconds of the plan's phases */
  async fit(folder: string): Promise<number> {
    return (await this.python.ask<{ seconds: number }>({ do: 'fit', folder })).seconds;
  }

  /** seconds from after the imports to the saved model */
  async textbook(out: string): Promise<number> {
    return (await this.python.ask<{ seconds: number }>({ do: 'textbook', out })).seconds;
  }

  /** seconds of one training of a verdict's loop */
  async arm(name: 'transfer' | 'scratch'): Promise<number> {
    return (await this.python.ask<{ seconds: number }>({ do: 'arm', arm: name })).seconds;
  }

  stop(): void {
    this.python.stop();
  }
}

/** Pythons that may have PyTorch. */
const pythons = [process.env.MODEL_SURGERY_TORCH, 'python3', '/usr/bin/python3'];

/** PyTorch, where a Python has it. */
export class TorchProcess {
  private constructor(private readonly python: PythonProcess<{ readonly torch: string }>) {}

  static async start(): Promise<TorchProcess | null> {
    const python = pythons.find((name) => name !== undefined && spawnSync(name, ['-c', 'import numpy, torch'], { stdio: 'ignore' }).status === 0);
    return python === undefined ? null : new TorchProcess(await PythonProcess.start(python, 'torch_steps.py'));
  }

  get version(): string {
    return this.python.versions.torch;
  }

  /** seconds of a step of the job that Keras has made in the folder */
  async steps(job: string, folder: string, epochs: number): Promise<number> {
    return (await this.python.ask<{ seconds: number }>({ job, folder, epochs })).seconds;
  }

  stop(): void {
    this.python.stop();
  }
}
