/**
 * The latest few results of a costly computation by key. Asks for the same key while it is computed share it; a failure is
 * not kept.
 */
export class Latest<T> {
  private readonly kept = new Map<string, Promise<T>>();

  constructor(private readonly most: number) {}

  get(key: string, compute: () => Promise<T>): Promise<T> {
    const found = this.kept.get(key) ?? compute();
    // Taken out and put in again: a Map keeps the order of insertion, so the first is the one not asked for longest.
    this.kept.delete(key);
    this.kept.set(key, found);
    found.catch(() => { if (this.kept.get(key) === found) this.kept.delete(key); });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(oldest);
    }
    return found;
  }
}
