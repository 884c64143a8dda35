/** States in their order, and which of them holds now. A new one after a step back replaces what came later, as in every editor. */
export class History<T extends { readonly id: number }> {
  private at = 0;

  private constructor(private states: T[]) {}

  /** The last of them holds. */
  static of<T extends { readonly id: number }>(states: readonly [T, ...T[]]): History<T> {
    const history = new History([...states]);
    history.at = states.length - 1;
    return history;
  }

  get current(): T { return this.states[this.at]; }
  get previous(): T | undefined { return this.states[this.at - 1]; }
  get next(): T | undefined { return this.states[this.at + 1]; }

  push(state: T): void {
    this.dropLater();
    this.states.push(state);
    this.at += 1;
  }

  /** The same state, known better: what was compiled changes and is no step. */
  replaceCurrent(state: T): void {
    this.states[this.at] = state;
  }

  find(id: number): T | undefined {
    return this.states.find((state) => state.id === id);
  }

  /** False where there is no such state any more. */
  moveTo(id: number): boolean {
    const found = this.states.findIndex((state) => state.id === id);
    if (found >= 0) this.at = found;
    return found >= 0;
  }

  dropLater(): void {
    this.states.length = this.at + 1;
  }

  /** From the state `id` to the current one, both included; null where that one lies not before it. */
  from(id: number): readonly T[] | null {
    const found = this.states.findIndex((state) => state.id === id);
    return found >= 0 && found <= this.at ? this.states.slice(found, this.at + 1) : null;
  }

  /** All up to the current one. */
  get past(): readonly T[] { return this.states.slice(0, this.at + 1); }
}
