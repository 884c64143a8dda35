/** Calls at most once in `interval` ms, with the latest value, and once more after the last request. */
export function throttle<T>(work: (latest: T) => void, interval: number): { call(value: T): void; dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  let latest: T;
  return {
    call: (value) => {
      latest = value;
      timer ??= setTimeout(() => {
        timer = undefined;
        work(latest);
      }, interval);
    },
    dispose: () => clearTimeout(timer),
  };
}
