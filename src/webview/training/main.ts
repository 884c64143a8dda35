import 'uplot/dist/uPlot.min.css';
import '../page.css';
import type { TrainingPageCalls, TrainingPageEvents } from '../../protocol/pageCalls';
import { byId, element, onThemeChange, showNumber } from '../dom';
import { connectToHost } from '../hostChannel';
import { Charts } from './charts';
import { emptyRun, foldEvents, type EpochRow, type PhaseRow, type RunView } from './runView';

/** Panel Training: asks `since(seq)` whenever it is told that there is more, or is shown again, and draws what it has. */
class TrainingPage {
  private run: string | null = null;
  private view: RunView = emptyRun;
  private asking = false;
  private askAgain = false;
  private logged = 0;
  private readonly charts = new Charts(byId('charts'));
  private readonly channel = connectToHost<TrainingPageCalls, TrainingPageEvents>({
    changed: () => void this.refresh(),
    progress: (progress) => {
      byId('progress').textContent = `Phase ${progress.phase}, epoch ${progress.epoch}: batch ${progress.step} of ${progress.steps}, loss ${showNumber(progress.loss)}`;
    },
  });

  start(): void {
    byId('stop').addEventListener('click', () => void this.channel.ask('stop', null));
    document.addEventListener('visibilitychange', () => void this.refresh());
    onThemeChange(() => {
      this.charts.clear();
      this.charts.draw(this.view);
    });
    void this.refresh();
  }

  /** One ask at a time; what came meanwhile is asked for after it. */
  private async refresh(): Promise<void> {
    this.askAgain = true;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.askAgain) {
        this.askAgain = false;
        await this.fetch();
      }
    } finally {
      this.asking = false;
    }
  }

  private async fetch(): Promise<void> {
    const { run, running, events } = await this.channel.ask('since', { run: this.run, seq: this.view.next });
    if (run !== this.run) this.restart(run);
    this.view = foldEvents(this.view, events);
    byId('status').textContent = this.view.status;
    if (!running) byId('progress').textContent = '';
    byId('stop').toggleAttribute('disabled', !running);
    this.showLog();
    byId('phases').replaceChildren(...this.view.phases.map(phaseItem));
    this.showTable();
    this.charts.draw(this.view);
  }

  private restart(run: string | null): void {
    this.run = run;
    this.view = emptyRun;
    this.logged = 0;
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

  private showTable(): void {
    const figures = [...new Set(this.view.epochs.flatMap(({ train }) => Object.keys(train)))];
    const heads = ['Phase', 'Epoch', 'Learning rate', ...figures, ...figures.map((name) => `validation ${name}`)];
    byId('table-head').replaceChildren(element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, [head]))));
    byId('table-body').replaceChildren(...this.view.epochs.map((row) => epochRow(row, figures)));
  }
}

function epochRow(row: EpochRow, figures: readonly string[]): HTMLElement {
  const show = (value: number | undefined): string => (value === undefined ? '–' : showNumber(value));
  const cells = [
    String(row.phase), String(row.epoch), showNumber(row.learningRate),
    ...figures.map((name) => show(row.train[name])),
    ...figures.map((name) => show(row.validation?.[name])),
  ];
  return element('tr', {}, cells.map((cell) => element('td', {}, [cell])));
}

function phaseItem(phase: PhaseRow): HTMLElement {
  const frozen = phase.frozen.length > 0 ? `frozen: ${phase.frozen.join(', ')}` : 'nothing is frozen';
  const notes = [frozen, ...(phase.recompiled ? ['recompiled'] : []), ...(phase.cached > 0 ? [`outputs of ${phase.cached} frozen layers computed once`] : [])];
  return element('li', {}, [element('strong', {}, [phase.name]), ` · ${notes.join(' · ')}`]);
}

new TrainingPage().start();
