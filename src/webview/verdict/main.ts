import '../page.css';
import './verdict.css';
import type { VerdictPageCalls, VerdictPageEvents, VerdictPageState } from '../../protocol/pageCalls';
import { headingOf } from '../../core/verdict/heading';
import { verdictFigures } from '../../core/verdict/figures/verdictFigures';
import { armsTable, cautions, countText, pairsTable, statisticsTable, type TextTable } from '../../core/verdict/tables';
import type { Verdict } from '../../core/verdict/verdict';
import { byId, element } from '../dom';
import { connectToHost } from '../hostChannel';
import { refresher } from '../refresher';
import { drawFigure } from './drawFigure';
import { emptyProgress, foldProgress, type VerdictProgress } from './progress';

/** Panel Verdict: asks how things stand whenever it is told that there is more, or is shown again. */
class VerdictPage {
  private session = -1;
  private place = 0;
  private progress: VerdictProgress = emptyProgress;
  /** The verdict that is drawn: its figures and tables are not made again for each hint. */
  private drawn: string | null = null;
  private readonly refresh = refresher(async () => this.show(await this.channel.ask('state', { session: this.session, place: this.place })));
  private readonly channel = connectToHost<VerdictPageCalls, VerdictPageEvents>({ changed: () => void this.refresh() });

  start(): void {
    for (const [id, call] of [['stop', 'stop'], ['go-on', 'goOn'], ['copy', 'copy'], ['save-report', 'saveReport']] as const) {
      byId(id).addEventListener('click', () => void this.channel.ask(call, null));
    }
    document.addEventListener('visibilitychange', () => void this.refresh());
    void this.refresh();
  }

  private show(state: VerdictPageState): void {
    const { session, next, running, plan, arms, events, verdict, failure, canGoOn } = state;
    if (session !== this.session) this.progress = { ...emptyProgress, arms };
    this.session = session;
    this.place = next;
    this.progress = foldProgress(this.progress, events);
    byId('plan').textContent = plan === '' ? 'No verdict yet: run the command Verdict on a plan with a test set.' : `${arms.slice(0, 2).join(' against ')} · ${plan}`;
    byId('failure').textContent = failure ? [failure.message, failure.expected && `Expected ${failure.expected}.`, failure.received && `Received ${failure.received}.`].filter(Boolean).join(' ') : '';
    byId('stop').toggleAttribute('disabled', !running);
    byId('go-on').toggleAttribute('hidden', !canGoOn);
    byId('progress-part').toggleAttribute('hidden', !running);
    if (running) this.showProgress();
    this.showVerdict(verdict);
  }

  private showProgress(): void {
    const { text, arms, done, pairs } = this.progress;
    byId('estimate').textContent = text;
    byId('arms').replaceChildren(...arms.map((name) => {
      const count = done[name] ?? 0;
      const bar = element('progress', { max: String(Math.max(1, pairs)), value: String(count), 'aria-label': `${name}: ${count} of ${pairs} pairs` });
      return element('div', { class: 'arm' }, [element('span', { class: 'name' }, [name]), bar, element('span', {}, [`${count} of ${pairs || '?'}`])]);
    }));
  }

  private showVerdict(verdict: Verdict | null): void {
    const key = verdict && `${this.session} ${verdict.pairs.length} ${verdict.sentence}`;
    if (key === this.drawn) return;
    this.drawn = key;
    for (const id of ['result', 'varied']) byId(id).toggleAttribute('hidden', !verdict);
    const list = (texts: readonly string[]): HTMLElement[] => texts.map((text) => element('li', {}, [text]));
    byId('title').textContent = verdict ? `Verdict: ${headingOf(verdict)}` : 'Verdict';
    const lists = ['cautions', 'not-varied', 'figures', 'tables'];
    if (!verdict) {
      for (const id of lists) byId(id).replaceChildren();
      return;
    }
    byId('sentence').textContent = verdict.sentence;
    byId('count').textContent = countText(verdict);
    byId('cautions').replaceChildren(...list(cautions(verdict)));
    byId('not-varied').replaceChildren(...list(verdict.notVaried));
    byId('figures').replaceChildren(...verdictFigures(verdict).map((figure) => element('figure', { id: `figure-${figure.name}` }, [drawFigure(figure), element('figcaption', {}, [figure.label])])));
    byId('tables').replaceChildren(...[statisticsTable(verdict), armsTable(verdict), pairsTable(verdict)].flatMap(tableOf));
  }
}

function tableOf({ name, heads, rows }: TextTable): HTMLElement[] {
  const table = element('table', { 'aria-label': name }, [
    element('thead', {}, [element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, [head])))]),
    element('tbody', {}, rows.map((row) => element('tr', {}, row.map((text) => element('td', {}, [text]))))),
  ]);
  return [element('h2', {}, [name]), element('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': `Table: ${name}` }, [table])];
}

new VerdictPage().start();
