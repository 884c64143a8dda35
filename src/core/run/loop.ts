import type { Clock, CompiledProgram, Tensors } from '../ports';
import { resolveDim } from '../ops/shape';
import { sizeOf } from '../model/tensor';
import type { RandomStream } from '../training/random';
import { LOSS_OUTPUT, type MeasuringProgram } from '../training/step';
import type { Evaluation } from './events';

/** Small steps are handed to the engine several at a time, as many as fit in this; a stop waits no longer. ms */
const CHUNK_TIME = 25;
const MOST_STEPS = 64;

/** Says how many steps to run at a time, and lets the event loop turn so that a stop can arrive. One for a whole run. */
export class Pacer {
  private size = 1;
  private turned: number;

  constructor(
    private readonly clock: Clock,
    private readonly signal?: AbortSignal,
  ) {
    this.turned = clock.now();
  }

  /** How many of the remaining steps to run now; 0 when the run was stopped. */
  async next(remaining: number): Promise<number> {
    if (this.clock.now() - this.turned >= CHUNK_TIME) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.turned = this.clock.now();
    }
    return this.signal?.aborted ? 0 : Math.min(this.size, remaining);
  }

  /** Steps of the kind to come took this long. ms */
  learn(steps: number, time: number): void {
    const fitting = Math.floor((CHUNK_TIME * steps) / Math.max(time, 0.01));
    this.size = Math.max(1, Math.min(MOST_STEPS, 2 * this.size, fitting));
  }

  now(): number {
    return this.clock.now();
  }
}

/** Runs steps in order and hands on the outputs of each, until they end or the run is stopped. Gives how many are behind it. */
export async function runSteps(compiled: CompiledProgram, steps: StepSource, pacer: Pacer): Promise<number> {
  let done = steps.first ?? 0;
  while (done < steps.count) {
    const size = await pacer.next(steps.count - done);
    if (size === 0) break;
    const started = pacer.now();
    const first = done;
    steps.begin?.();
    const outputs = await compiled.run(Array.from({ length: size }, (_, index) => steps.make(first + index)));
    outputs.forEach((output, index) => steps.take(output, first + index));
    done += size;
    pacer.learn(size, pacer.now() - started);
    await steps.between?.(done);
  }
  return done;
}

export interface StepSource {
  readonly count: number;
  /** Called before the next few steps are made; those before have run. */
  readonly begin?: () => void;
  /** Steps that were run before; 0 where left out. */
  readonly first?: number;
  /** What is fed to a step. */
  readonly make: (step: number) => Tensors;
  /** Takes what a step gave; may throw to end the loop. */
  readonly take: (outputs: Tensors, step: number) => void;
  /** Called when no step is on its way, with how many are done. */
  readonly between?: (done: number) => Promise<void>;
}

/** What an epoch has added up so far. */
export interface AverageSums {
  readonly samples: number;
  readonly batches: number;
  /** Each batch's loss times its samples. */
  readonly loss: number;
  /** Of each measure of the program, of each of its parts: element by element. Empty before the first step. */
  readonly parts: readonly (readonly (readonly number[])[])[];
}

const nothing: AverageSums = { samples: 0, batches: 0, loss: 0, parts: [] };

/** Loss and metrics over the batches of an epoch, averaged as Keras does. */
export class Averages {
  private samples: number;
  private batches: number;
  private loss: number;
  private readonly parts: number[][][];

  /** Goes on from `sums`, where some batches are behind it. */
  constructor(
    private readonly program: Pick<MeasuringProgram, 'measures'>,
    sums: AverageSums = nothing,
  ) {
    ({ samples: this.samples, batches: this.batches, loss: this.loss } = sums);
    this.parts = sums.parts.map((parts) => parts.map((part) => [...part]));
  }

  sums(): AverageSums {
    return { samples: this.samples, batches: this.batches, loss: this.loss, parts: this.parts.map((parts) => parts.map((part) => [...part])) };
  }

  /** The outputs of one step over this many samples. Gives the loss of the step. */
  add(outputs: Tensors, samples: number): number {
    const loss = outputs[LOSS_OUTPUT].data[0];
    this.samples += samples;
    this.batches += 1;
    this.loss += loss * samples;
    this.program.measures.forEach(({ outputs: names }, index) => {
      const sums = (this.parts[index] ??= names.map((name) => Array.from(outputs[name].data, () => 0)));
      names.forEach((name, part) => outputs[name].data.forEach((value: number, place: number) => (sums[part][place] += value)));
    });
    return loss;
  }

  result(): Evaluation {
    const { samples, batches } = this;
    const metrics = this.parts.map((sums, index) => {
      const { name, finish } = this.program.measures[index];
      return [name, finish(sums, { samples, batches })] as const;
    });
    return { loss: samples === 0 ? 0 : this.loss / samples, metrics: Object.fromEntries(metrics) };
  }
}

/** Fills the random inputs of a step, in their order. */
export function drawRandoms({ randoms }: Pick<MeasuringProgram, 'randoms'>, samples: number, stream: RandomStream): Tensors {
  const drawn = randoms.map(({ name, shape, distribution }) => {
    const sizes = shape.map((dim) => resolveDim(dim, samples));
    const count = sizeOf(sizes);
    return [name, { dtype: 'float32', shape: sizes, data: distribution === 'normal' ? stream.normals(count) : stream.uniforms(count) }] as const;
  });
  return Object.fromEntries(drawn);
}
