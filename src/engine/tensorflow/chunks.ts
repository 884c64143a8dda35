import type { Tensors } from '../../core/ports';

/** Steps of one batch size that one call runs. */
export interface Chunk {
  readonly steps: readonly Tensors[];
  readonly batch: number;
}

/** A call holds the thread; it shall end before anybody notices. ms */
const CALL_TIME = 20;
/** Inputs of a call are copied into one tensor each; all together take no more than this. bytes */
const MOST_BYTES = 2 ** 26;

/** Decides how many steps a call runs, from what the steps before took, and lets the event loop turn between calls. */
export class ChunkPlanner {
  /** ms of a step by batch size, of the last call of that size */
  private readonly times = new Map<number, number>();
  private turned = performance.now();

  /**
   * As many of the steps from `first` on as one call shall run. `batchOf` checks a step; what it throws for the first one is
   * thrown, what it throws for a later one ends the chunk before it.
   */
  take(steps: readonly Tensors[], first: number, batchOf: (step: Tensors) => number): Chunk {
    const batch = batchOf(steps[first]);
    const most = Math.min(this.fitting(batch), Math.max(1, Math.floor(MOST_BYTES / bytesOf(steps[first]))));
    let end = first + 1;
    while (end < steps.length && end - first < most && isOf(batch, steps[end], batchOf)) end++;
    return { steps: steps.slice(first, end), batch };
  }

  /** Runs a chunk and learns from it. */
  async timed<T>(chunk: Chunk, run: () => T): Promise<T> {
    const started = performance.now();
    const result = run();
    const ended = performance.now();
    this.times.set(chunk.batch, (ended - started) / chunk.steps.length);
    if (ended - this.turned >= CALL_TIME) {
      await new Promise((resolve) => setImmediate(resolve));
      this.turned = performance.now();
    }
    return result;
  }

  private fitting(batch: number): number {
    const time = this.times.get(batch);
    return time === undefined ? 1 : Math.max(1, Math.floor(CALL_TIME / time));
  }
}

function bytesOf(step: Tensors): number {
  return Object.values(step).reduce((total, { data }) => total + data.byteLength, 1);
}

function isOf(batch: number, step: Tensors, batchOf: (step: Tensors) => number): boolean {
  try {
    return batchOf(step) === batch;
  } catch {
    return false;
  }
}
