import type { FrameLocator, Page } from 'playwright-core';

/** What a page has been through. */
export interface PageFigures {
  /** nodes of the document */
  readonly elements: number;
  /** bytes of its JavaScript */
  readonly heap: number;
  /** bytes that came to it */
  readonly received: number;
  /** ms */
  readonly longestTask: number;
}

export interface ScrollFigures {
  readonly frames: number;
  /** ms between two frames */
  readonly median: number;
  readonly slowest: number;
  /** ms: the page's own longest piece of work meanwhile */
  readonly longestTask: number;
}

/** Run in every document before its own scripts. As text: it is another world's code. */
const watch = `(() => {
  const seen = window.seenByBench = { received: 0, tasks: [] };
  const sizeOf = (value) => {
    if (ArrayBuffer.isView(value)) return value.byteLength;
    if (value instanceof ArrayBuffer) return value.byteLength;
    if (typeof value === 'string') return value.length;
    if (typeof value === 'object' && value !== null) return Object.entries(value).reduce((sum, [key, inner]) => sum + key.length + sizeOf(inner), 2);
    return 8;
  };
  window.addEventListener('message', (event) => { seen.received += sizeOf(event.data); }, true);
  new PerformanceObserver((list) => { for (const { duration, startTime } of list.getEntries()) seen.tasks.push([startTime, duration]); }).observe({ type: 'longtask', buffered: true });
})()`;

export async function watchPages(page: Page): Promise<void> {
  await page.addInitScript(watch);
}

export async function pageFigures(frame: FrameLocator): Promise<PageFigures> {
  return evaluated<PageFigures>(frame, `({
    elements: document.querySelectorAll('*').length, heap: performance.memory.usedJSHeapSize, received: seenByBench.received,
    longestTask: Math.max(0, ...seenByBench.tasks.map(([, duration]) => duration)),
  })`);
}

/** Scrolls an element down, so many pixels each frame. */
export async function scrollFigures(frame: FrameLocator, { selector, frames, step }: { readonly selector: string; readonly frames: number; readonly step: number }): Promise<ScrollFigures> {
  return evaluated<ScrollFigures>(frame, `new Promise((done) => {
    const view = document.querySelector(${JSON.stringify(selector)});
    const begun = performance.now();
    const times = [];
    const next = (now) => {
      times.push(now);
      view.scrollTop += ${step};
      if (times.length <= ${frames}) return requestAnimationFrame(next);
      setTimeout(() => {
        const apart = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
        const tasks = seenByBench.tasks.filter(([start]) => start >= begun).map(([, duration]) => duration);
        done({ frames: apart.length, median: apart[apart.length >> 1], slowest: apart[apart.length - 1], longestTask: Math.max(0, ...tasks) });
      }, 500);
    };
    requestAnimationFrame(next);
  })`);
}

/** As text, which the browser's debugger runs: the page's own policy allows no code from text. */
function evaluated<T>(frame: FrameLocator, code: string): Promise<T> {
  return frame.locator('body').evaluate<T, unknown>(`(${code})`);
}
