import type { Port } from './channel';

/** The part of a Node process, or of a forked child, that carries messages. */
export interface MessagingProcess {
  send?(message: unknown, done?: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect' | 'exit', listener: () => void): unknown;
  off(event: string, listener: (message: unknown) => void): unknown;
}

/** A port over the IPC of `fork` with `serialization: 'advanced'`, so that typed arrays travel whole. */
export function processPort(process: MessagingProcess): Port {
  return {
    // A send that fails because the other side has just ended is followed by `disconnect`, which closes the channel.
    post: (message) => void process.send?.(message, () => undefined),
    onMessage: (listener) => {
      process.on('message', listener);
      return () => void process.off('message', listener);
    },
    onClose: (listener) => {
      process.on('disconnect', listener);
      process.on('exit', listener);
      return () => {
        process.off('disconnect', listener);
        process.off('exit', listener);
      };
    },
  };
}
