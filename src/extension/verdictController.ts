import { SurgeryError, toErrorRecord, type ErrorRecord } from '../core/errors';
import type { VerdictEvent } from '../core/verdict/records';
import type { Verdict } from '../core/verdict/verdict';
import type { VerdictRequest } from '../protocol/workerCalls';
import { Signal } from './events';

export interface VerdictAsker {
  ask(name: 'verdict', value: VerdictRequest, signal?: AbortSignal): Promise<Verdict>;
}

/** What was asked the last time, and what came of it: enough to show it again in another window. */
export interface RememberedVerdict {
  readonly planPath: string;
  readonly request: VerdictRequest | null;
  /** File of the finished verdict; null where it did not end. */
  readonly report: string | null;
}

/** What a page has not seen yet, and how things stand. */
export interface VerdictNews {
  readonly session: number;
  readonly events: readonly VerdictEvent[];
  readonly next: number;
}

/** The one verdict that may be on its way, or the latest one. */
export class VerdictController {
  private readonly changed = new Signal<void>();
  /** An event came, or a verdict began or ended. */
  readonly onDidChange = this.changed.event;
  private current: AbortController | null = null;
  private events: VerdictEvent[] = [];
  private session = 0;
  private asked: VerdictRequest | null = null;
  private about: string | null = null;
  private hindrance: string | null = null;
  private ended: Verdict | null = null;
  private failed: ErrorRecord | null = null;

  constructor(private readonly worker: VerdictAsker) {}

  get running(): boolean { return this.current !== null; }
  get request(): VerdictRequest | null { return this.asked; }
  /** Of the verdict that is shown. */
  get planPath(): string | null { return this.about; }
  /** Why the verdict that is shown cannot go on, where what was asked for is not known. */
  get whyNot(): string | null { return this.hindrance; }
  get verdict(): Verdict | null { return this.ended; }
  get failure(): ErrorRecord | null { return this.failed; }
  /** The same call would compute what is missing. */
  get canGoOn(): boolean { return !this.running && this.asked !== null && (this.ended === null || this.ended.stopped); }
  get remembered(): RememberedVerdict | null { return this.about === null ? null : { planPath: this.about, request: this.asked, report: this.ended?.report ?? null }; }

  /** Resolves with the verdict, also of the pairs that a stop left; rejects with `usage` while another is on its way. */
  async run(request: VerdictRequest): Promise<Verdict> {
    if (this.current) throw new SurgeryError('usage', 'A verdict is on its way; stop it first');
    const controller = new AbortController();
    this.current = controller;
    this.begin(request.planPath, request);
    try {
      this.ended = await this.worker.ask('verdict', request, controller.signal);
      return this.ended;
    } catch (thrown) {
      this.failed = toErrorRecord(thrown);
      throw thrown;
    } finally {
      this.current = null;
      this.changed.fire();
    }
  }

  add(event: VerdictEvent): void {
    if (!this.current) return;
    this.events.push(event);
    this.changed.fire();
  }

  /** Acts at the next batch; false where nothing is on its way. */
  stop(): boolean {
    this.current?.abort();
    return this.current !== null;
  }

  /** One of an earlier window or of the ledger; a text says why it cannot go on. Passed over while one is on its way. */
  show(planPath: string, request: VerdictRequest | string, verdict: Verdict | null): void {
    if (this.current) return;
    this.begin(planPath, typeof request === 'string' ? null : request);
    this.hindrance = typeof request === 'string' ? request : null;
    this.ended = verdict;
    this.changed.fire();
  }

  since(session: number, place: number): VerdictNews {
    return { session: this.session, events: this.events.slice(session === this.session ? place : 0), next: this.events.length };
  }

  private begin(planPath: string, request: VerdictRequest | null): void {
    this.session += 1;
    this.about = planPath;
    this.asked = request;
    this.hindrance = null;
    this.events = [];
    this.ended = null;
    this.failed = null;
    this.changed.fire();
  }
}
