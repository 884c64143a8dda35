import type { LayerInspection } from '../../core/inspect/inspection';
import type { WeightStatistics } from '../../protocol/workerCalls';

/** ms that a layer has to be in view before its weights are read: those that fly by are not. */
const restInView = 150;
/** Numbers of a layer above which its weights are read only when asked for. */
const mostUnasked = 20_000_000;
/** Asks on their way at a time; the reader does one after the other anyway, and what is in view now comes first. */
const mostAsked = 2;

export interface StatisticsOptions {
  readonly ask: (layer: string) => Promise<readonly WeightStatistics[]>;
  readonly onKnown: () => void;
  readonly onFailed: (thrown: unknown) => void;
}

/** The figures of weights, brought as layers come into view and kept until the weights are others. */
export class Statistics {
  private readonly known = new Map<string, readonly WeightStatistics[]>();
  private readonly asked = new Set<string>();
  private wanted: readonly string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private key = '';

  constructor(private readonly options: StatisticsOptions) {}

  /** What was known of other weights is forgotten. */
  keepFor(key: string): void {
    if (key === this.key) return;
    this.key = key;
    this.known.clear();
    this.asked.clear();
  }

  get(layer: string): readonly WeightStatistics[] | null {
    return this.known.get(layer) ?? null;
  }

  /** These are in view; `asked` says whose figures were asked for by name. */
  want(layers: readonly LayerInspection[], asked: (layer: LayerInspection) => boolean): void {
    const due = layers.filter((layer) => layer.weights.length > 0 && (asked(layer) || sizeOf(layer) <= mostUnasked));
    this.wanted = due.map(({ path }) => path).filter((path) => !this.known.has(path) && !this.asked.has(path));
    clearTimeout(this.timer);
    if (this.wanted.length > 0) this.timer = setTimeout(() => this.askNext(), restInView);
  }

  private askNext(): void {
    while (this.asked.size < mostAsked) {
      const layer = this.wanted.at(0);
      if (layer === undefined) return;
      this.wanted = this.wanted.slice(1);
      void this.bring(layer);
    }
  }

  private async bring(layer: string): Promise<void> {
    const { key } = this;
    this.asked.add(layer);
    // What failed is not asked for again: it would fail again.
    const weights = await this.options.ask(layer).catch((thrown: unknown): readonly WeightStatistics[] => {
      this.options.onFailed(thrown);
      return [];
    });
    if (this.isOf(key)) {
      this.asked.delete(layer);
      this.known.set(layer, weights);
      this.options.onKnown();
    }
    this.askNext();
  }

  private isOf(key: string): boolean {
    return this.key === key;
  }
}

function sizeOf({ weights }: LayerInspection): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
