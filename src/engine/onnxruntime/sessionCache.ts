import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxRuntime, Session } from './runtime';

/** Models whose sessions are kept after their last use, by their size. bytes */
const MOST_BYTES = 2 ** 26;
const MOST_SESSIONS = 16;

interface Kept {
  readonly session: Promise<Session>;
  readonly bytes: number;
  users: number;
}

/** A session on loan. */
export interface Loan {
  readonly session: Session;
  /** Gives it back; once. */
  release(): Promise<void>;
}

/**
 * Sessions by the SHA-256 of their model and its options. A session holds no state of training (weights are fed), so equal
 * programs share one: a later phase, run or seed with the same program does not compile again.
 */
export class SessionCache {
  /** Least recently used first. */
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly runtime: OnnxRuntime) {}

  /** Rejects with what the runtime says where it refuses the model. */
  async borrow(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<Loan> {
    const key = `${await sha256(model)} ${JSON.stringify(options)}`;
    const entry = this.kept.get(key) ?? { session: this.runtime.create(model, options), bytes: model.length, users: 0 };
    this.kept.delete(key);
    this.kept.set(key, entry);
    entry.users += 1;
    try {
      const session = await entry.session;
      return { session, release: () => this.giveBack(entry) };
    } catch (error) {
      // What could not be made is asked for anew the next time.
      if (this.kept.get(key) === entry) this.kept.delete(key);
      throw error;
    }
  }

  /** Ends the sessions that nobody uses. */
  async clear(): Promise<void> {
    await this.shrink(0, 0);
  }

  private async giveBack(entry: Kept): Promise<void> {
    entry.users -= 1;
    await this.shrink(MOST_BYTES, MOST_SESSIONS);
  }

  private async shrink(mostBytes: number, mostSessions: number): Promise<void> {
    const idle = [...this.kept].filter(([, { users }]) => users === 0);
    let bytes = idle.reduce((sum, [, entry]) => sum + entry.bytes, 0);
    let count = idle.length;
    for (const [key, entry] of idle) {
      if (bytes <= mostBytes && count <= mostSessions) return;
      this.kept.delete(key);
      bytes -= entry.bytes;
      count -= 1;
      await (await entry.session).release();
    }
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
