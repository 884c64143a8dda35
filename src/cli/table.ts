import { figuresOf } from '../core/run/events';
import type { MetricValue } from '../core/training/metrics/metric';

/** Columns as wide as their widest cell; `right` names the columns of numbers. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => cells
    .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
    .join('  ').trimEnd();
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function showShape(shape: readonly (number | null)[] | null): string {
  return shape === null ? '?' : `(${shape.map((size) => size ?? 'None').join(', ')})`;
}

/** Four significant digits. */
export function showNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

export function showFigures(figures: Readonly<Record<string, MetricValue>>): string {
  return Object.entries(figuresOf(figures)).map(([name, value]) => `${name} ${showNumber(value)}`).join(', ');
}
