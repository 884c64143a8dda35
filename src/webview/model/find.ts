import { byId } from '../dom';
import type { GraphNode } from './layerGraph';

export interface FindOptions {
  readonly nodes: () => readonly GraphNode[];
  readonly goTo: (node: GraphNode) => void;
  /** Back to the graph. */
  readonly leave: () => void;
}

/** The field that finds layers by name, path or class: Enter goes to the next, Shift+Enter to the one before, Escape back. */
export class Find {
  private found: readonly GraphNode[] = [];
  private at = -1;
  private readonly field = byId('find-text') as HTMLInputElement;

  constructor(private readonly options: FindOptions) {
    this.field.addEventListener('input', () => this.search());
    byId('find').addEventListener('submit', (event) => event.preventDefault());
    this.field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.step(event.shiftKey ? -1 : 1);
      if (event.key === 'Escape') {
        // A browser would empty the field.
        event.preventDefault();
        options.leave();
      }
      event.stopPropagation();
    });
  }

  focus(): boolean {
    this.field.focus();
    this.field.select();
    return true;
  }

  private search(): void {
    const text = this.field.value.trim().toLowerCase();
    this.found = text === '' ? [] : this.options.nodes().filter((node) => node.path.toLowerCase().includes(text) || (node.layer?.class.toLowerCase().includes(text) ?? false));
    this.at = -1;
    this.step(1);
  }

  private step(by: number): void {
    const { length } = this.found;
    this.at = length === 0 ? -1 : (this.at + by + length) % length;
    byId('find-count').textContent = this.field.value.trim() === '' ? '' : length === 0 ? 'none' : `${this.at + 1} of ${length}`;
    const node = this.found.at(this.at);
    if (node && this.at >= 0) this.options.goTo(node);
  }
}
