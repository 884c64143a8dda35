import 'uplot/dist/uPlot.min.css';
import '../page.css';
import type { TrainingPageCalls, TrainingPageEvents } from '../../protocol/pageCalls';
import { byId, element, onThemeChange, showNumber } from '../dom';
import { connectToHost } from '../hostChannel';
import { refresher } from '../refresher';
import { Charts } from './charts';
import { emptyRun, foldEvents, type EpochRow, type PhaseRow, type RunView } from './runView';

/** Panel Training: asks `since(place)` whenever it is told that there is more, or is shown again, and draws what it has. */
class TrainingPage {
  private session: string | null = null;
  private place = 0;
  private view: RunView = emptyRun;
  private logged = 0;
  private tabled = 0;
  private columns = 0;
  private readonly charts = new Charts(byId('charts'));
  private readonly refresh = refresher(async () => {
    const began = performance.now();
    await this.fetch();
    // A long run is much to draw: clicks have their turn between.
    await new Promise((done) => setTimeout(done, 2 * (performance.now() - began)));
  });
  private readonly channel = connectToHost<TrainingPageCalls, TrainingPageEvents>({
    changed: () => void this.refresh(),
    progress: (progress) => {
      byId('progress').textContent = `Phase ${progress.phase}, epoch ${progress.epoch}: batch ${progress.step} of ${progress.steps}, loss ${showNumber(progress.loss)}`;
    },
  });

  start(): void {
    byId('stop').addEventListener('click', () => void this.channel.ask('stop', null));
    byId('resume').addEventListener('click', () => void this.channel.ask('resume', null));
    document.addEventListener('visibilitychange', () => void this.refresh());
    onThemeChange(() => {
      this.charts.clear();
      this.charts.draw(this.view);
    });
    void this.refresh();
  }

  private async fetch(): Promise<void> {
    const { session, running, canResume, events, next } = await this.channel.ask('since', { session: this.session, place: this.place });
    if (session !== this.session) this.restart(session);
    this.place = next;
    this.view = foldEvents(this.view, events);
    byId('status').textContent = running || this.view.ended ? this.view.status : `Not finished: ${this.view.status}`;
    if (!running) byId('progress').textContent = '';
    byId('stop').toggleAttribute('disabled', !running);
    byId('resume').toggleAttribute('hidden', !canResume);
    byId('run').toggleAttribute('hidden', this.view.phases.length === 0);
    this.showLog();
    byId('phases').replaceChildren(...this.view.phases.map(phaseItem));
    this.showTable();
    this.charts.draw(this.view);
  }

  private restart(session: string | null): void {
    this.session = session;
    this.view = emptyRun;
    this.logged = 0;
    this.tabled = 0;
    byId('table-body').replaceChildren();
    this.charts.clear();
    byId('log').replaceChildren();
  }

  /** Only what is new is added, so that a screen reader reads each line once. */
  private showLog(): void {
    const log = byId('log');
    for (const line of this.view.lines.slice(this.logged)) log.append(element('div', {}, [line]));
    this.logged = this.view.lines.length;
    log.scrollTop = log.scrollHeight;
  }

  /** Only what is new is added: a long run has thousands of rows. */
  private showTable(): void {
    const figures = [...new Set(this.view.epochs.flatMap(({ train }) => Object.keys(train)))];
    const heads = ['Phase', 'Epoch', 'Learning rate', ...figures, ...figures.map((name) => `validation ${name}`)];
    byId('table-head').replaceChildren(element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, [head]))));
    if (heads.length !== this.columns) byId('table-body').replaceChildren();
    const from = heads.length === this.columns ? this.tabled : 0;
    const starts = new Set(this.view.phases.map(({ start }) => start + 1));
    byId('table-body').append(...this.view.epochs.slice(from).map((row) => epochRow(row, figures, starts.has(row.position))));
    this.tabled = this.view.epochs.length;
    this.columns = heads.length;
  }
}

function epochRow(row: EpochRow, figures: readonly string[], begins: boolean): HTMLElement {
  const show = (value: number | undefined): string => (value === undefined ? '–' : showNumber(value));
  const cells = [
    String(row.phase), String(row.epoch), showNumber(row.learningRate),
    ...figures.map((name) => show(row.train[name])),
    ...figures.map((name) => show(row.validation?.[name])),
  ];
  return element('tr', begins ? { class: 'begins' } : {}, cells.map((cell) => element('td', {}, [cell])));
}

function phaseItem(phase: PhaseRow): HTMLElement {
  const facts: [string, string][] = [
    ['learning rate', `${phase.learningRate === null ? 'a schedule' : showNumber(phase.learningRate)} (${phase.optimizer})`],
    ['epochs', String(phase.epochs)],
    ['frozen', phase.frozen.join(', ') || 'nothing'],
    ['trainable', phase.trainable.join(', ') || 'nothing'],
    ...(phase.recompiled ? [['compiled', 'again, before this phase'] as [string, string]] : []),
    ...(phase.cached > 0 ? [['computed once', `outputs of ${phase.cached} frozen layers`] as [string, string]] : []),
    ...(phase.outcome === null ? [] : [['outcome', phase.outcome] as [string, string]]),
  ];
  return element('li', {}, [
    element('h3', {}, [`Phase ${phase.phase}`, ...(phase.name.toLowerCase() === `phase ${phase.phase}` ? [] : [`: ${phase.name}`])]),
    element('dl', {}, facts.flatMap(([name, value]) => [element('dt', {}, [name]), element('dd', {}, [value])])),
  ]);
}

new TrainingPage().start();
