import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { writeKeras } from '../src/core/formats/writeKeras';
import type { Layer, Model } from '../src/core/model/model';
import { RandomStream } from '../src/core/training/random';
import { blockModel } from '../test/support/blockModel';
import { projectRoot } from '../test/support/cached';
import { Workbench } from '../test/ui/support/workbench';
import { built, dense, sequential } from '../test/unit/core/surgery/models';
import { hostMarks, writeHostWatcher } from './editorHost';
import { pageFigures, scrollFigures, watchPages, type PageFigures, type ScrollFigures } from './editorPage';

/** `npm run bench:editor`: the model editor and panel Weights in the real workbench, with a model of 3,004 layers and one of 100 million parameters. */
const side = 10_000;

interface Opened {
  readonly what: string;
  /** ms */
  readonly first: number;
  readonly page: PageFigures;
  readonly scroll: ScrollFigures | null;
  readonly host: HostFigures;
}

interface HostFigures {
  /** ms */
  readonly lag: number;
  /** bytes */
  readonly heap: number;
  readonly resident: number;
}

function wideModel(): Model {
  const draw = new RandomStream(1, 'wide');
  const row = draw.uniforms(side);
  const kernel = new Float32Array(side * side);
  for (let at = 0; at < side; at++) kernel.set(row.subarray(at), at * side);
  const bytesOf = (numbers: Float32Array): Uint8Array => new Uint8Array(numbers.buffer);
  const weights: Layer['weights'] = [
    { name: 'kernel', shape: [side, side], dtype: 'float32', trainable: true, bytes: bytesOf(kernel) },
    { name: 'bias', shape: [side], dtype: 'float32', trainable: true, bytes: bytesOf(new Float32Array(side)) },
  ];
  const model = built(sequential([1], [dense('wide', 1)]));
  return { ...model, root: { ...model.root, network: sequential([side], [{ ...dense('wide', side), weights }]) } };
}

class Bench {
  private constructor(private readonly workbench: Workbench, private readonly log: string) {}

  static async start(folder: string): Promise<Bench> {
    const [log, vsix] = [join(folder, 'host.jsonl'), join(folder, 'watcher.vsix')];
    await writeHostWatcher(vsix, log);
    const files = { 'deep.keras': await writeKeras(blockModel(1000)), 'wide.keras': await writeKeras(wideModel()) };
    const workbench = await Workbench.start({ files, alsoInstalled: [vsix], prepare: watchPages });
    return new Bench(workbench, log);
  }

  stop(): Promise<void> {
    return this.workbench.stop();
  }

  /** The host before a model was opened. */
  async idle(): Promise<HostFigures> {
    await this.workbench.page.waitForTimeout(3000);
    return this.host(Date.now() - 2500);
  }

  /** From the double click to the first card that is drawn. */
  async editor(file: string, layer: string, scrolled: boolean): Promise<Opened> {
    const { workbench } = this;
    await workbench.openExplorer();
    const begun = Date.now();
    await workbench.openFile(file);
    const page = await this.showing(`h1:has-text("${file}")`, `li.layer .name:text-is("${layer}")`);
    const first = Date.now() - begun;
    const scroll = scrolled ? await scrollFigures(page, { selector: '#graph', frames: 300, step: 150 }) : null;
    return { what: `editor, ${file}`, first, page: await pageFigures(page), scroll, host: await this.host(begun) };
  }

  /** From Enter on a layer to its first histogram. */
  async weights(file: string, layer: string, weight: string): Promise<Opened> {
    const { workbench } = this;
    await workbench.showTab(file);
    const editor = await workbench.webview(`h1:has-text("${file}")`);
    await editor.locator(`li.layer .name:text-is("${layer}")`).click();
    await editor.locator(`[role=checkbox][aria-label="${layer}"]:focus`).waitFor();
    const begun = Date.now();
    await workbench.page.keyboard.press('Enter');
    const page = await this.showing('#weights', `canvas[aria-label^="histogram of ${weight}"]`);
    const first = Date.now() - begun;
    // All numbers are read after the sample.
    await page.locator(`table[aria-label="figures of ${weight}"]`).waitFor({ timeout: 120_000 });
    return { what: `panel Weights, ${file}`, first, page: await pageFigures(page), scroll: null, host: await this.host(begun) };
  }

  /** The page with the first element, once it has the second. Asked more often than tests do: this is the time that is measured. */
  private async showing(page: string, sign: string): Promise<FrameLocator> {
    for (;;) {
      const frames = this.workbench.page.locator('iframe.webview.ready');
      for (let index = 0; index < (await frames.count()); index++) {
        const inner = frames.nth(index).contentFrame().locator('iframe#active-frame').contentFrame();
        if ((await inner.locator(page).count().catch(() => 0)) > 0 && (await inner.locator(sign).count().catch(() => 0)) > 0) return inner;
      }
      await this.workbench.page.waitForTimeout(10);
    }
  }

  private async host(since: number): Promise<HostFigures> {
    await this.workbench.page.waitForTimeout(1000);
    const marks = await hostMarks(this.log, since);
    const most = (of: (mark: HostFigures) => number): number => marks.reduce((found, mark) => Math.max(found, of(mark)), 0);
    return { lag: most(({ lag }) => lag), heap: most(({ heap }) => heap), resident: most(({ resident }) => resident) };
  }
}

const mega = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const ms = (time: number): string => `${time.toFixed(0)} ms`;

function report(idle: HostFigures, opened: readonly Opened[]): string {
  const rows = opened.map(({ what, first, page, scroll, host }) => `| ${[
    what, ms(first), scroll ? `${scroll.median.toFixed(1)} / ${scroll.slowest.toFixed(0)} ms` : '', scroll ? ms(scroll.longestTask) : '', ms(page.longestTask),
    page.elements.toLocaleString('en-US'), mega(page.heap), mega(page.received), ms(host.lag), mega(host.heap), mega(host.resident - idle.resident),
  ].join(' | ')} |`);
  return `# The editor, measured

Written by \`npm run bench:editor\` (bench/editor.ts); do not edit by hand. The packaged extension in VS Code's own workbench, in Chromium without a
graphics card: \`deep.keras\` has 3,004 layers with branches and a nested model, \`wide.keras\` one kernel of ${side.toLocaleString('en-US')} by ${side.toLocaleString('en-US')} (${((side * side + side) / 1e6).toFixed(0)} million parameters, 400 MB).

| what | first picture | frames while scrolling: median / slowest | longest task while scrolling | longest task | elements | memory of the page | received by the page | lag of the extension host | its heap | its memory over idle |
|---|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

Goals: first picture of weights within a second; no task of a page over 50 ms while it scrolls; never a whole tensor in a page.

- *first picture*: from the double click, or from Enter on a layer, to the first card or histogram in the page, starting the page counted.
- *task*: a piece of work of the page's own thread that took longer than 50 ms; 0 where there was none. Frames are those of the whole browser.
- *received*: all bytes of all messages to the page; scrolling is 300 steps of 150 px, one each frame.
- *lag*: the longest that a timer of 20 ms came late in the extension host meanwhile; idle it was ${ms(idle.lag)}, with a heap of ${mega(idle.heap)}.

${cpus().length} processors (${cpus()[0].model}), shared by server, extension host, worker and browser; load average ${loadavg()[0].toFixed(1)} at the end.
`;
}

const folder = await mkdtemp(join(tmpdir(), 'model-surgery-bench-'));
try {
  const bench = await Bench.start(folder);
  try {
    const idle = await bench.idle();
    const opened = [await bench.editor('deep.keras', 'merge', true), await bench.weights('deep.keras', 'left', 'kernel'), await bench.editor('wide.keras', 'wide', false), await bench.weights('wide.keras', 'wide', 'kernel')];
    const text = report(idle, opened);
    process.stdout.write(text);
    await writeFile(join(projectRoot, 'docs/editor-benchmarks.md'), text);
  } finally {
    await bench.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
