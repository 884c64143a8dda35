/** A listener list without an editor, so that documents and runs are tested without one. */
export class Signal<T> {
  private readonly listeners = new Set<(value: T) => void>();

  /** Fits vscode.Event: gives what ends the listening. */
  readonly event = (listener: (value: T) => void): { dispose(): void } => {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  get size(): number {
    return this.listeners.size;
  }
}
