import type { WeightSlice, WeightStatistics } from '../../protocol/workerCalls';
import { themeColor } from '../dom';

/** Bars of equal width, the tallest as high as the canvas. */
export function drawHistogram(canvas: HTMLCanvasElement, { counts }: WeightStatistics['histogram']): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { width, height } = canvas;
  const tallest = Math.max(1, ...counts);
  context.clearRect(0, 0, width, height);
  context.fillStyle = themeColor('--vscode-charts-blue', '#3794ff');
  counts.forEach((count, bin) => {
    const bar = (count / tallest) * height;
    const left = Math.floor((bin * width) / counts.length);
    const right = Math.floor(((bin + 1) * width) / counts.length);
    context.fillRect(left, height - bar, Math.max(1, right - left - 1), bar);
  });
}

type Rgb = readonly [number, number, number];
const negative: Rgb = [33, 102, 172];
const neutral: Rgb = [247, 247, 247];
const positive: Rgb = [178, 24, 43];
const notFinite: Rgb = [255, 0, 255];

/** One pixel a value: blue below zero, white at zero, red above, magenta for NaN and Inf; the scale is symmetric. */
export function drawHeatmap(canvas: HTMLCanvasElement, slice: WeightSlice): void {
  const context = canvas.getContext('2d');
  if (!context || slice.rows === 0 || slice.columns === 0) return;
  canvas.width = slice.columns;
  canvas.height = slice.rows;
  const image = context.createImageData(slice.columns, slice.rows);
  const reach = Math.max(Math.abs(slice.min), Math.abs(slice.max)) || 1;
  slice.values.forEach((value, at) => {
    const [red, green, blue] = colorOf(value, reach);
    image.data.set([red, green, blue, 255], at * 4);
  });
  context.putImageData(image, 0, 0);
  const scale = Math.max(1, Math.min(12, Math.floor(360 / slice.columns), Math.floor(360 / slice.rows)));
  canvas.style.width = `${slice.columns * scale}px`;
  canvas.style.height = `${slice.rows * scale}px`;
}

function colorOf(value: number, reach: number): Rgb {
  if (!Number.isFinite(value)) return notFinite;
  const part = Math.min(1, Math.abs(value) / reach);
  const end = value < 0 ? negative : positive;
  return [mix(neutral[0], end[0], part), mix(neutral[1], end[1], part), mix(neutral[2], end[2], part)];
}

function mix(from: number, to: number, part: number): number {
  return Math.round(from + (to - from) * part);
}
