import type { LayerInspection } from '../core/inspect/inspection';
import type { WeightStatistics } from '../protocol/workerCalls';

/** `Dense · (None, 10) · 1,010 parameters`, then how much of it is frozen and from where. */
export function layerDescription(layer: LayerInspection, inside: readonly LayerInspection[]): string {
  const parts = [layer.class];
  if (layer.outputShape) parts.push(`(${layer.outputShape.map((size) => size ?? 'None').join(', ')})`);
  parts.push(`${layer.parameters.toLocaleString('en-US')} parameters`);
  const on = inside.filter(({ effectiveTrainable }) => effectiveTrainable).length;
  if (on > 0 && on < inside.length) parts.push(`${on} of ${inside.length} trainable`);
  if (layer.frozenBecause?.startsWith('frozen by')) parts.push(layer.frozenBecause);
  if (layer.opaque) parts.push('cannot be run');
  return parts.join(' · ');
}

/** `(100, 1) · 0.0123 ± 0.0988`, and what is not finite. */
export function weightDescription(weight: WeightStatistics): string {
  const parts = [`(${weight.shape.join(', ')})`, `${weight.mean.toPrecision(3)} ± ${weight.std.toPrecision(3)}`];
  if (weight.nan > 0) parts.push(`${weight.nan} NaN`);
  if (weight.inf > 0) parts.push(`${weight.inf} Inf`);
  return parts.join(' · ');
}
