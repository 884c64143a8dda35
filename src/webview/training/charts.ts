import uPlot from 'uplot';
import { themeColor } from '../dom';
import type { EpochRow, RunView } from './runView';

/** One chart for each figure (loss, accuracy, …): training and validation over the epochs of all phases. */
export class Charts {
  private readonly plots = new Map<string, uPlot>();

  constructor(private readonly host: HTMLElement) {
    new ResizeObserver(() => this.resize()).observe(host);
  }

  draw(view: RunView): void {
    for (const figure of figuresOf(view)) {
      const plot = this.plots.get(figure) ?? this.create(figure);
      plot.setData(series(view, figure));
      plot.root.setAttribute('aria-label', describe(view, figure));
      this.boundaries.set(plot, view.phases.map(({ start }) => start));
    }
  }

  /** Forgets the charts, for another run or another theme. */
  clear(): void {
    for (const plot of this.plots.values()) plot.destroy();
    this.plots.clear();
    this.host.replaceChildren();
  }

  private readonly boundaries = new WeakMap<uPlot, readonly number[]>();

  private create(figure: string): uPlot {
    const plot = new uPlot(this.options(figure), [[], [], []], this.host);
    plot.root.setAttribute('role', 'img');
    this.plots.set(figure, plot);
    return plot;
  }

  private options(figure: string): uPlot.Options {
    const text = themeColor('--vscode-foreground', '#888');
    const grid = { stroke: themeColor('--vscode-editorIndentGuide-background1', 'rgba(128,128,128,0.25)'), width: 1 };
    const line = (label: string, color: string, dash: number[]): uPlot.Series => ({ label, stroke: color, width: 2, dash, points: { show: true, size: 4 } });
    return {
      width: this.width(),
      height: 240,
      title: figure,
      scales: { x: { time: false } },
      axes: [{ stroke: text, grid, label: 'epoch' }, { stroke: text, grid, size: 64 }],
      series: [
        { label: 'epoch' },
        line('training', themeColor('--vscode-charts-blue', '#3794ff'), []),
        line('validation', themeColor('--vscode-charts-orange', '#d18616'), [6, 4]),
      ],
      hooks: { draw: [(plot) => this.drawBoundaries(plot)] },
    };
  }

  /** A vertical line before the first epoch of each phase but the first. */
  private drawBoundaries(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = themeColor('--vscode-charts-purple', '#b180d7');
    ctx.setLineDash([4, 4]);
    for (const start of this.boundaries.get(plot) ?? []) {
      if (start === 0) continue;
      const x = plot.valToPos(start + 0.5, 'x', true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  private width(): number {
    return Math.max(280, Math.min(this.host.clientWidth, 900));
  }

  private resize(): void {
    for (const plot of this.plots.values()) plot.setSize({ width: this.width(), height: 240 });
  }
}

function figuresOf(view: RunView): string[] {
  return [...new Set(view.epochs.flatMap(({ train }) => Object.keys(train)))];
}

function series(view: RunView, figure: string): uPlot.AlignedData {
  return [
    view.epochs.map(({ position }) => position),
    view.epochs.map(({ train }) => train[figure] ?? null),
    view.epochs.map(({ validation }) => validation?.[figure] ?? null),
  ];
}

/** The chart in words. */
function describe(view: RunView, figure: string): string {
  const first = view.epochs.at(0);
  const last = view.epochs.at(-1);
  if (!first || !last) return `${figure} by epoch, no epoch yet`;
  const way = (of: (row: EpochRow) => number | undefined): string => {
    const from = of(first);
    const to = of(last);
    return from === undefined || to === undefined ? 'none' : `${from.toPrecision(3)} to ${to.toPrecision(3)}`;
  };
  return `${figure} over ${view.epochs.length} epochs in ${view.phases.length} phases: training ${way((row) => row.train[figure])}, validation ${way((row) => row.validation?.[figure])}`;
}
