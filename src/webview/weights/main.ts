import '../page.css';
import type { ChangedEvent, WeightsPageCalls } from '../../protocol/pageCalls';
import { byId, onThemeChange } from '../dom';
import { connectToHost, keptView } from '../hostChannel';
import { refresher } from '../refresher';
import { WeightSection } from './section';

/** Panel Weights: each weight of one layer with its figures and pictures. It asks for what is seen. */
class WeightsPage {
  private readonly channel = connectToHost<WeightsPageCalls, ChangedEvent>({ changed: () => void this.load().catch(showFailure) });
  private readonly logarithmic = byId('logarithmic') as HTMLInputElement;
  private readonly load = refresher(() => this.loadOnce());
  private sections: readonly WeightSection[] = [];
  private seen: IntersectionObserver | null = null;
  private key = '';

  start(): void {
    this.logarithmic.checked = keptView.read().logarithmic === true;
    this.logarithmic.addEventListener('change', () => {
      keptView.write({ ...keptView.read(), logarithmic: this.logarithmic.checked });
      this.redraw();
    });
    onThemeChange(() => this.redraw());
    void this.load().catch(showFailure);
  }

  /** What is drawn stays, with what its user has picked, unless it is another layer or its weights may be others. */
  private async loadOnce(): Promise<void> {
    const { path, class: layerClass, weights, key } = await this.channel.ask('layer', null);
    byId('failure').textContent = '';
    if (key === this.key) return;
    this.key = key;
    byId('title').textContent = `${path} · ${layerClass}`;
    byId('empty').hidden = weights.length > 0;
    byId('options').hidden = weights.length === 0;
    this.sections = weights.map((weight, index) => new WeightSection({
      layerClass, weight, index, isLogarithmic: () => this.logarithmic.checked, ask: (name, value) => this.channel.ask(name, value),
    }));
    byId('weights').replaceChildren(...this.sections.map((section) => section.element));
    this.watch();
  }

  /** A layer may have a hundred weights: those that come into view are read. */
  private watch(): void {
    this.seen?.disconnect();
    const sections = new Map(this.sections.map((section) => [section.element, section]));
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) void sections.get(target as HTMLElement)?.load();
    }, { rootMargin: '300px' });
    for (const section of sections.keys()) this.seen.observe(section);
  }

  private redraw(): void {
    for (const section of this.sections) section.redraw();
  }
}

function showFailure(thrown: unknown): void {
  byId('failure').textContent = thrown instanceof Error ? thrown.message : String(thrown);
}

new WeightsPage().start();
