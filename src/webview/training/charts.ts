import uPlot from 'uplot';
import { showNumber, themeColor } from '../dom';
import type { EpochRow, PhaseRow, RunView } from './runView';

const rate = 'learning rate';
/** Epochs in view up to which each is a dot on its line. */
const mostPoints = 200;
/** px */
const chartHeight = 220;

/** One chart for each figure (loss, accuracy, …) and one for the learning rate, over the epochs of all phases. */
export class Charts {
  private readonly plots = new Map<string, uPlot>();
  private phases: readonly PhaseRow[] = [];

  constructor(private readonly host: HTMLElement) {
    new ResizeObserver(() => this.resize()).observe(host);
  }

  draw(view: RunView): void {
    this.phases = view.phases;
    for (const figure of figuresOf(view)) {
      const plot = this.plots.get(figure) ?? this.create(figure);
      plot.setData(series(view, figure));
      plot.root.setAttribute('aria-label', describe(view, figure));
    }
  }

  /** Forgets the charts, for another run or another theme. */
  clear(): void {
    for (const plot of this.plots.values()) plot.destroy();
    this.plots.clear();
    this.host.replaceChildren();
  }

  private create(figure: string): uPlot {
    const plot = new uPlot(this.options(figure), figure === rate ? [[], []] : [[], [], []], this.host);
    plot.root.setAttribute('role', 'img');
    this.plots.set(figure, plot);
    return plot;
  }

  private options(figure: string): uPlot.Options {
    const stroke = themeColor('--vscode-foreground', '#888');
    const font = `11px ${themeColor('--vscode-font-family', 'sans-serif')}`;
    const grid = { stroke: themeColor('--vscode-editorIndentGuide-background1', 'rgba(128,128,128,0.25)'), width: 1 };
    const axis: uPlot.Axis = { stroke, grid, font, labelFont: font, ticks: { show: false } };
    const show = (_: uPlot, value: number | null): string => (value === null ? '–' : showNumber(value));
    const line = (label: string, color: string, dash: number[]): uPlot.Series => ({ label, stroke: color, width: 2, dash, value: show, points: { show: (_, __, from, to) => to - from < mostPoints, size: 5, fill: color } });
    const training = line(figure === rate ? rate : 'training', themeColor('--vscode-charts-blue', '#3794ff'), []);
    if (figure === rate && uPlot.paths.stepped) training.paths = uPlot.paths.stepped({ align: 1 });
    const validation = line('validation', themeColor('--vscode-charts-orange', '#d18616'), [6, 4]);
    return {
      width: this.width(),
      height: chartHeight,
      title: figure,
      cursor: { drag: { x: false, y: false } },
      padding: [18, 12, 0, 0],
      scales: { x: { time: false, range: (_, least, most) => [Math.min(0.5, least), Math.max(most, 1) + 0.5] } },
      // Epochs are whole.
      axes: [{ ...axis, label: 'epoch', labelSize: 18, size: 26, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] },
        { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => showNumber(Number(tick.toPrecision(6)))) }],
      series: [{ label: 'epoch', value: show }, training, ...(figure === rate ? [] : [validation])],
      hooks: { draw: [(plot) => this.drawPhases(plot, font)] },
    };
  }

  /** The name of each phase above its epochs, and a line where one begins. */
  private drawPhases(plot: uPlot, font: string): void {
    const { ctx, bbox } = plot;
    const scale = window.devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = themeColor('--vscode-charts-purple', '#b180d7');
    ctx.fillStyle = themeColor('--vscode-descriptionForeground', '#888');
    ctx.font = font.replace('11px', `${11 * scale}px`);
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    ctx.setLineDash([4 * scale, 4 * scale]);
    for (const { phase, start } of this.phases) {
      const x = start === 0 ? bbox.left : plot.valToPos(start + 0.5, 'x', true);
      ctx.fillText(`phase ${phase}`, x + 3 * scale, bbox.top - 2 * scale);
      if (start === 0) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** Two beside each other where there is room. */
  private width(): number {
    const room = this.host.clientWidth;
    return Math.max(280, room >= 720 ? Math.floor((room - 24) / 2) : room);
  }

  private resize(): void {
    for (const plot of this.plots.values()) plot.setSize({ width: this.width(), height: chartHeight });
  }
}

function figuresOf(view: RunView): string[] {
  return view.epochs.length === 0 ? [] : [...new Set(view.epochs.flatMap(({ train }) => Object.keys(train))), rate];
}

function series(view: RunView, figure: string): uPlot.AlignedData {
  const positions = view.epochs.map(({ position }) => position);
  if (figure === rate) return [positions, view.epochs.map(({ learningRate }) => learningRate)];
  return [positions, view.epochs.map(({ train }) => train[figure] ?? null), view.epochs.map(({ validation }) => validation?.[figure] ?? null)];
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
  const over = `${figure} over ${view.epochs.length} epochs in ${view.phases.length} phases`;
  if (figure === rate) return `${over}: ${view.phases.map(({ name, learningRate }) => `${name} ${learningRate ?? 'unknown'}`).join(', ')}`;
  return `${over}: training ${way((row) => row.train[figure])}, validation ${way((row) => row.validation?.[figure])}`;
}
