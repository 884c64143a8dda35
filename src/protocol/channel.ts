import * as z from 'zod/mini';
import { errorCodes, fromErrorRecord, SurgeryError, toErrorRecord, type ErrorRecord } from '../core/errors';

/** Both ends must speak the same one; raised with every change of a call's shape. */
export const protocolVersion = 2;

/** A way to another process or page. What is posted arrives in order or not at all. */
export interface Port {
  post(message: unknown): void;
  /** Both give the function that ends the listening. */
  onMessage(listener: (message: unknown) => void): () => void;
  onClose(listener: () => void): () => void;
}

export type CallMap<C> = { [K in keyof C]: { ask: unknown; reply: unknown } };

/** One handler for each call: a missing one does not compile. */
export type Handlers<C extends CallMap<C>> = {
  readonly [K in keyof C]: (ask: C[K]['ask'], signal: AbortSignal) => Promise<C[K]['reply']> | C[K]['reply'];
};

export type Listeners<E> = { readonly [K in keyof E]: (event: E[K]) => void };

/** Checks what comes from the other side: throws where it is not of the shape. */
export type Guards = Readonly<Record<string, (value: unknown) => void>>;

const errorSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  expected: z.optional(z.string()),
  received: z.optional(z.string()),
  where: z.optional(z.string()),
});
const id = z.int().check(z.nonnegative());
const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), version: z.int() }),
  z.object({ kind: z.literal('ask'), id, name: z.string(), value: z.unknown() }),
  z.object({ kind: z.literal('reply'), id, value: z.unknown() }),
  z.object({ kind: z.literal('fail'), id, error: errorSchema }),
  z.object({ kind: z.literal('abort'), id }),
  z.object({ kind: z.literal('event'), name: z.string(), value: z.unknown() }),
]);
type Message = z.infer<typeof messageSchema>;

interface Waiting {
  readonly name: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SurgeryError) => void;
}

export interface ChannelOptions<Served extends CallMap<Served>, Heard> {
  readonly handlers: Handlers<Served>;
  readonly listeners: Listeners<Heard>;
  /** Of asks that we serve. */
  readonly askGuards?: Guards;
  /** Of replies to what we ask. */
  readonly replyGuards?: Guards;
  readonly eventGuards?: Guards;
  /** What was dropped because it was not of the protocol. */
  readonly onDropped?: (reason: string) => void;
}

/**
 * One end of a typed conversation. `Asked` are the calls that this end makes, `Told` the events it sends, `Served` and
 * `Heard` those of the other end. Every ask ends: with a reply, a failure, `stopped` when aborted, or `worker-ended` when
 * the channel closes.
 */
export class Channel<Asked extends CallMap<Asked>, Told, Served extends CallMap<Served>, Heard> {
  private nextId = 0;
  private closed: SurgeryError | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private readonly serving = new Map<number, AbortController>();
  private readonly ends: (() => void)[];

  constructor(private readonly port: Port, private readonly options: ChannelOptions<Served, Heard>) {
    this.ends = [port.onMessage((message) => this.receive(message)), port.onClose(() => this.close('the other side ended'))];
    this.post({ kind: 'hello', version: protocolVersion });
  }

  /** Rejects with the other side's error, `stopped` after an abort, or `worker-ended`. An abort waits for the other side's
   *  last word, because what it has done until then (a stopped run) is its reply. */
  ask<K extends keyof Asked & string>(name: K, value: Asked[K]['ask'], signal?: AbortSignal): Promise<Asked[K]['reply']> {
    if (this.closed) return Promise.reject(this.closed);
    if (signal?.aborted) return Promise.reject(new SurgeryError('stopped', `${name} was stopped before it began`));
    const id = this.nextId++;
    const abort = (): void => this.post({ kind: 'abort', id });
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { name, resolve, reject }));
    signal?.addEventListener('abort', abort, { once: true });
    this.post({ kind: 'ask', id, name, value });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  tell<K extends keyof Told & string>(name: K, value: Told[K]): void {
    this.post({ kind: 'event', name, value });
  }

  /** Rejects all that wait, aborts all that is served. Safe to repeat. */
  close(reason: string): void {
    if (this.closed) return;
    this.closed = new SurgeryError('worker-ended', `The conversation is over: ${reason}`);
    for (const end of this.ends) end();
    for (const { reject } of this.waiting.values()) reject(this.closed);
    this.waiting.clear();
    for (const controller of this.serving.values()) controller.abort();
    this.serving.clear();
  }

  private post(message: Message): void {
    if (this.closed) return;
    try {
      this.port.post(message);
    } catch (thrown) {
      this.close(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  private receive(raw: unknown): void {
    if (this.closed) return;
    const parsed = messageSchema.safeParse(raw);
    if (!parsed.success) { this.drop('not a message of this protocol'); return; }
    const message = parsed.data;
    switch (message.kind) {
      case 'hello': { this.greet(message.version); return; }
      case 'ask': return void this.serve(message.id, message.name, message.value);
      case 'reply': { this.settle(message.id, message.value); return; }
      case 'fail': { this.fail(message.id, message.error); return; }
      case 'abort': return this.serving.get(message.id)?.abort();
      case 'event': { this.hear(message.name, message.value); return; }
    }
  }

  private greet(version: number): void {
    if (version !== protocolVersion) this.close(`it speaks version ${version} of the protocol, this side ${protocolVersion}`);
  }

  private async serve(id: number, name: string, value: unknown): Promise<void> {
    const controller = new AbortController();
    this.serving.set(id, controller);
    try {
      const handler = own(this.options.handlers, name) as ((ask: unknown, signal: AbortSignal) => unknown) | undefined;
      if (!handler) throw new SurgeryError('usage', 'There is no such call', { received: name });
      own(this.options.askGuards ?? {}, name)?.(value);
      this.post({ kind: 'reply', id, value: await handler(value, controller.signal) });
    } catch (thrown) {
      this.post({ kind: 'fail', id, error: toErrorRecord(thrown) });
    } finally {
      this.serving.delete(id);
    }
  }

  private settle(id: number, value: unknown): void {
    const waiting = this.take(id);
    if (!waiting) return;
    try {
      own(this.options.replyGuards ?? {}, waiting.name)?.(value);
      waiting.resolve(value);
    } catch (thrown) {
      waiting.reject(new SurgeryError('internal', `The reply to ${waiting.name} has another shape`, { cause: thrown }));
    }
  }

  private fail(id: number, error: z.infer<typeof errorSchema>): void {
    this.take(id)?.reject(fromErrorRecord(error as ErrorRecord));
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (!waiting) this.drop(`an answer to ask ${id}, which nobody waits for`);
    this.waiting.delete(id);
    return waiting;
  }

  private hear(name: string, value: unknown): void {
    const listener = own(this.options.listeners, name) as ((event: unknown) => void) | undefined;
    if (!listener) { this.drop(`an event that nobody hears: ${name}`); return; }
    try {
      own(this.options.eventGuards ?? {}, name)?.(value);
    } catch {
      this.drop(`the event ${name} has another shape`); return;
    }
    listener(value);
  }

  private drop(reason: string): void {
    this.options.onDropped?.(reason);
  }
}

/** Names come from outside: `constructor` and its like are none of ours. */
function own<T extends object>(record: T, name: string): T[keyof T] | undefined {
  return Object.hasOwn(record, name) ? record[name as keyof T] : undefined;
}
