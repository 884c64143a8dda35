import '../page.css';
import type { LayerInspection } from '../../core/inspect/inspection';
import type { ModelPageCalls, ModelPageEvents, ModelPageState } from '../../protocol/pageCalls';
import { byId, element, showNumber, showShape } from '../dom';
import { connectToHost } from '../hostChannel';

/** The model editor: the layers as rows that open and close, each with its freeze toggle. It keeps only what is open. */
class ModelPage {
  private readonly open = new Set<string>();
  private readonly channel = connectToHost<ModelPageCalls, ModelPageEvents>({ changed: () => void this.refresh() });
  private state: ModelPageState | null = null;

  start(): void {
    byId('layers').addEventListener('keydown', (event) => this.onKey(event));
    void this.refresh();
  }

  private async refresh(): Promise<void> {
    this.state = await this.channel.ask('state', null);
    this.draw();
  }

  private draw(): void {
    if (!this.state) return;
    const { inspection, compileState, file } = this.state;
    const { total, trainable, frozen } = inspection.parameters;
    byId('title').textContent = file;
    byId('summary').textContent = `${inspection.class} ${inspection.name} · ${total.toLocaleString()} parameters: ${trainable.toLocaleString()} trainable, ${frozen.toLocaleString()} frozen · Keras ${inspection.kerasVersion}`;
    byId('compile').textContent = compileState;
    byId('problems').replaceChildren(...inspection.problems.map(({ message, where }) => element('li', {}, [where ? `${where}: ${message}` : message])));
    const focused = document.activeElement?.getAttribute('data-focus');
    byId('layers').replaceChildren(...inspection.layers.filter((layer) => this.isShown(layer)).map((layer) => this.row(layer)));
    if (focused) this.focus(focused);
  }

  /** A row is shown when every model around it is open. */
  private isShown({ path }: LayerInspection): boolean {
    return this.parentsOf(path).every((parent) => this.open.has(parent));
  }

  private parentsOf(path: string): string[] {
    return (this.state?.inspection.layers ?? []).map((layer) => layer.path).filter((other) => path.startsWith(`${other}/`));
  }

  private row(layer: LayerInspection): HTMLElement {
    const depth = this.parentsOf(layer.path).length;
    const name = element('span', { class: 'name' }, [layer.name]);
    const state = layer.opaque ?? layer.frozenBecause ?? '';
    const fact = (text: string, kind = 'facts'): HTMLElement => element('span', { class: kind }, [text]);
    const facts = [fact(layer.class), fact(showShape(layer.outputShape)), fact(`${layer.parameters.toLocaleString()} parameters`, 'facts count')];
    const because = element('span', { class: 'because' }, [layer.frozenBecause?.startsWith('frozen by') || layer.opaque ? state : this.partly(layer)]);
    const item = element('li', { class: layer.effectiveTrainable ? 'layer' : 'layer frozen' }, [this.opener(layer), this.toggle(layer), name, ...facts, because]);
    item.style.paddingInlineStart = `${depth * 20}px`;
    if (this.open.has(layer.path) && layer.weights.length > 0) item.append(this.weightList(layer));
    return item;
  }

  private partly(layer: LayerInspection): string {
    const inside = (this.state?.inspection.layers ?? []).filter(({ path }) => path.startsWith(`${layer.path}/`));
    const on = inside.filter(({ effectiveTrainable }) => effectiveTrainable).length;
    return inside.length > 0 && on < inside.length && on > 0 ? `${on} of ${inside.length} trainable` : '';
  }

  private toggle(layer: LayerInspection): HTMLElement {
    const toggle = element('button', {
      class: 'toggle', role: 'checkbox', 'aria-checked': String(layer.trainable), 'aria-label': layer.name,
      title: layer.trainable ? 'trainable: click to freeze' : 'frozen: click to unfreeze', 'data-focus': `toggle ${layer.path}`,
    });
    toggle.addEventListener('click', () => void this.channel.ask('setTrainable', { layer: layer.path, trainable: !layer.trainable }).catch(showFailure));
    return toggle;
  }

  private opener(layer: LayerInspection): HTMLElement {
    const inside = this.state?.inspection.layers.some(({ path }) => path.startsWith(`${layer.path}/`)) ?? false;
    if (!inside && layer.weights.length === 0) return element('span', { class: 'opener' });
    const open = this.open.has(layer.path);
    const opener = element('button', { class: 'opener', 'aria-expanded': String(open), 'aria-label': `${open ? 'close' : 'open'} ${layer.name}`, 'data-focus': `opener ${layer.path}` }, [open ? '▾' : '▸']);
    opener.addEventListener('click', () => {
      if (!this.open.delete(layer.path)) this.open.add(layer.path);
      this.draw();
    });
    return opener;
  }

  private weightList(layer: LayerInspection): HTMLElement {
    const list = element('ul', { class: 'weights', 'aria-label': `weights of ${layer.name}` });
    const rows = layer.weights.map((weight) => {
      const facts = element('span', { class: 'facts' }, [`${showShape(weight.shape)} ${weight.dtype}`]);
      const button = element('button', { class: 'weight', 'data-focus': `weight ${layer.path} ${weight.name}` }, [weight.name]);
      button.addEventListener('click', () => void this.channel.ask('openWeights', { layer: layer.path }).catch(showFailure));
      list.append(element('li', {}, [button, ' ', facts]));
      return facts;
    });
    void this.channel.ask('weights', { layer: layer.path }).then((weights) => {
      weights.forEach((weight, index) => rows[index]?.append(` · ${showNumber(weight.mean)} ± ${showNumber(weight.std)}`));
    }).catch(showFailure);
    return list;
  }

  /** Up and down move between the rows' toggles; right and left open and close. */
  private onKey(event: KeyboardEvent): void {
    const toggles = [...byId('layers').querySelectorAll<HTMLElement>('.toggle')];
    const row = (event.target as HTMLElement).closest('li.layer');
    const at = toggles.findIndex((toggle) => row?.contains(toggle));
    const moves: Partial<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined) {
      toggles[at + move]?.focus();
      event.preventDefault();
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const opener = row?.querySelector<HTMLElement>(`button.opener[aria-expanded="${event.key === 'ArrowLeft'}"]`);
      opener?.click();
    }
  }

  private focus(mark: string): void {
    [...document.querySelectorAll<HTMLElement>('[data-focus]')].find((node) => node.getAttribute('data-focus') === mark)?.focus();
  }
}

function showFailure(thrown: unknown): void {
  byId('failure').textContent = thrown instanceof Error ? thrown.message : String(thrown);
}

new ModelPage().start();
