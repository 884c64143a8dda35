import type { SampleArray } from '../data/dataSet';
import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import type { Tensors } from '../ports';
import { defaultFeatureBudget, type FeatureLoan, type FeatureShape, type FeatureStore, type WantedFeatures } from './features';

/** Of the budget, what features that nobody uses may still take: a worker that has trained waits for its next run. */
const IDLE_SHARE = 0.25;

type FeatureArrays = Readonly<Record<string, SampleArray>>;

interface Kept {
  readonly arrays: FeatureArrays;
  readonly bytes: number;
  users: number;
}

/** Features in memory, within a budget: what is in use stays, of the rest what was used last. */
export class FeatureMemory implements FeatureStore {
  /** Least recently used first. */
  private readonly kept = new Map<string, Kept>();

  /** `budget`: bytes */
  constructor(private budget = defaultFeatureBudget.memory) {}

  /** From now on so many bytes may be taken. */
  allow(budget: number): void {
    this.budget = budget;
  }

  refuses(bytes: number): Promise<string | undefined> {
    return Promise.resolve(bytes <= this.budget ? undefined : `its outputs would take ${megabytes(bytes)} of memory, ${megabytes(this.budget)} are allowed`);
  }

  async borrow(wanted: WantedFeatures): Promise<FeatureLoan> {
    const found = this.find(wanted.key);
    if (found) return found;
    const bytes = bytesOf(wanted.arrays);
    if (!this.makeRoom(bytes)) throw new SurgeryError('write-failed', 'There is no room in memory for the outputs of the frozen layers.', { expected: megabytes(bytes), received: megabytes(this.budget) });
    return this.add(wanted.key, await computeArrays(wanted));
  }

  /** Undefined where they are not here. */
  find(key: string): FeatureLoan | undefined {
    const entry = this.kept.get(key);
    return entry && this.lend(key, entry, true);
  }

  /** False where so many bytes do not fit beside what is in use; what is not in use gives way. */
  makeRoom(bytes: number): boolean {
    this.shrink(this.budget - bytes);
    return this.total() + bytes <= this.budget;
  }

  /** Takes arrays that room was made for. */
  add(key: string, arrays: FeatureArrays): FeatureLoan {
    const bytes = Object.values(arrays).reduce((sum, { data }) => sum + data.byteLength, 0);
    return this.lend(key, { arrays, bytes, users: 0 }, false);
  }

  /** Drops what nobody uses. */
  clear(): void {
    this.shrink(0);
  }

  private lend(key: string, entry: Kept, reused: boolean): FeatureLoan {
    entry.users += 1;
    this.kept.delete(key);
    this.kept.set(key, entry);
    let isOut = true;
    return {
      features: entry.arrays, kept: 'memory', reused,
      release: () => {
        if (isOut) entry.users -= 1;
        isOut = false;
        this.shrink(IDLE_SHARE * this.budget + this.inUse());
        return Promise.resolve();
      },
    };
  }

  private total(): number {
    return [...this.kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private inUse(): number {
    return [...this.kept.values()].reduce((sum, { bytes, users }) => sum + (users > 0 ? bytes : 0), 0);
  }

  /** Drops what is not in use until no more than so many bytes are kept. */
  private shrink(most: number): void {
    for (const [key, { users }] of this.kept) {
      if (this.total() <= most) return;
      if (users === 0) this.kept.delete(key);
    }
  }
}

/** Computes features into arrays of their size. */
export async function computeArrays({ arrays, compute }: WantedFeatures): Promise<FeatureArrays> {
  const rooms = arrays.map(({ name, shape }) => ({ name, shape, data: new Float32Array(sizeOf(shape)), at: 0 }));
  await compute((rows: Tensors) => {
    for (const room of rooms) {
      const { data } = rows[room.name];
      const part = data.subarray(0, room.data.length - room.at);
      room.data.set(part, room.at);
      room.at += part.length;
    }
  });
  return Object.fromEntries(rooms.map(({ name, shape, data }) => [name, { shape, data, scale: 1 }]));
}

/** Of all arrays. */
export function bytesOf(arrays: readonly FeatureShape[]): number {
  return arrays.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MB`;
}
