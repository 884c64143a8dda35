import { Channel, type Listeners, type Port } from '../protocol/channel';

interface HostApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(value: unknown): void;
}
declare function acquireVsCodeApi(): HostApi;
/** May be asked for once. */
const api = acquireVsCodeApi();

type CallMap<C> = { [K in keyof C]: { ask: unknown; reply: unknown } };

/** The page's end of the conversation with the extension host; the page serves no calls. */
export function connectToHost<Asked extends CallMap<Asked>, Heard>(listeners: Listeners<Heard>): Channel<Asked, object, object, Heard> {
  const port: Port = {
    post: (message) => api.postMessage(message),
    onMessage: (listener) => {
      const receive = (event: MessageEvent<unknown>): void => listener(event.data);
      window.addEventListener('message', receive);
      return () => window.removeEventListener('message', receive);
    },
    onClose: () => () => undefined,
  };
  return new Channel<Asked, object, object, Heard>(port, { handlers: {}, listeners });
}

/** What a page keeps while it is hidden, when VS Code takes its document away: what is open, where it is scrolled to. */
export const keptView = {
  /** Only the keys that the page itself has kept; another version of it may have kept others. */
  read: (): Readonly<Record<string, unknown>> => (api.getState() ?? {}) as Readonly<Record<string, unknown>>,
  write: (value: Readonly<Record<string, unknown>>): void => api.setState(value),
};
