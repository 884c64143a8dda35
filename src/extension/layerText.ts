import type { LayerInspection } from '../core/inspect/inspection';
import type { LayerPull } from '../core/run/proposeFreeze';
import type { WeightStatistics } from '../protocol/workerCalls';

/** `Dense · (None, 10) · 1,010 parameters`, then how much of it is frozen and from where. */
export function layerDescription(layer: LayerInspection, inside: readonly LayerInspection[]): string {
  const parts = [layer.class];
  if (layer.outputShape) parts.push(shapeText(layer.outputShape));
  parts.push(`${layer.parameters.toLocaleString('en-US')} parameters`);
  const on = inside.filter(({ effectiveTrainable }) => effectiveTrainable).length;
  if (on > 0 && on < inside.length) parts.push(`${on} of ${inside.length} trainable`);
  if (layer.frozenBecause?.startsWith('frozen by')) parts.push(layer.frozenBecause);
  if (layer.opaque) parts.push('cannot be run');
  return parts.join(' · ');
}

/** `(100, 1) · 0.0123 ± 0.0988`, and what is not finite. */
export function weightDescription(weight: WeightStatistics): string {
  const parts = [shapeText(weight.shape), `${weight.mean.toPrecision(3)} ± ${weight.std.toPrecision(3)}`];
  if (weight.nan > 0) parts.push(`${weight.nan} NaN`);
  if (weight.inf > 0) parts.push(`${weight.inf} Inf`);
  return parts.join(' · ');
}

/** All that is counted of a weight, on two lines. */
export function weightFigures({ mean, std, min, max, norm, zeros, nan, inf }: WeightStatistics): string {
  const figures = Object.entries({ mean, std, min, max, norm }).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
  const counts = Object.entries({ zeros, NaN: nan, Inf: inf }).map(([name, count]) => `${name} ${count.toLocaleString('en-US')}`);
  return `${figures.join('  ')}\n${counts.join('  ')}`;
}

/** How much the new data pulls a layer, as a bar of so many characters: full for the layer that is pulled most. */
export function pullBar(pull: LayerPull, most: number, width: number): string {
  const filled = Math.round(width * shareOf(pull, most));
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** The same with the number, to stand beside a layer: `██░░░░ 3.1e-3`. */
export function pullText(pull: LayerPull, most: number): string {
  return `${pullBar(pull, most, 6)} ${pull.relativeGradient.toExponential(1)}`;
}

/** The same for those who hear it: a bar of blocks is read as nothing or as its characters. */
export function pullWords(pull: LayerPull, most: number): string {
  const { relativeGradient, freeze, isHead } = pull;
  const share = `${Math.round(100 * shareOf(pull, most))} percent of the largest`;
  return `relative gradient ${relativeGradient.toExponential(1)}, ${share}${isHead ? ', the head' : freeze ? ', proposed to freeze' : ''}`;
}

function shareOf({ relativeGradient }: LayerPull, most: number): number {
  return most === 0 ? 0 : relativeGradient / most;
}

/** Why a layer does not train, or that it does, in a sentence for the tooltip. */
export function layerState(layer: LayerInspection): string {
  if (layer.opaque) return `Cannot be run: ${layer.opaque}`;
  return layer.effectiveTrainable ? 'Trainable' : `Frozen: ${layer.frozenBecause ?? 'own flag'}`;
}

const blocks = ' ▁▂▃▄▅▆▇█';

/** The histogram in one line of block characters between its ends: `-0.31 ▁▂▅█▅▂▁ 0.29`. A bin that holds anything shows. */
export function histogramText({ from, to, counts }: WeightStatistics['histogram']): string {
  const most = Math.max(1, ...counts);
  const bars = counts.map((count) => blocks[count === 0 ? 0 : Math.max(1, Math.round((count / most) * 8))]).join('');
  return `${from.toPrecision(3)} ${bars} ${to.toPrecision(3)}`;
}

function shapeText(shape: readonly (number | null)[]): string {
  return `(${shape.map((size) => size ?? 'None').join(', ')})`;
}
