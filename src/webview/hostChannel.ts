import { Channel, type Listeners, type Port } from '../protocol/channel';

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

type CallMap<C> = { [K in keyof C]: { ask: unknown; reply: unknown } };

/** The page's end of the conversation with the extension host; the page serves no calls. */
export function connectToHost<Asked extends CallMap<Asked>, Heard>(listeners: Listeners<Heard>): Channel<Asked, object, object, Heard> {
  const api = acquireVsCodeApi();
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
