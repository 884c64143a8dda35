import type { Operation } from '../surgery/operation';

/** How much one layer is pulled by the new data. */
export interface LayerPull {
  readonly path: string;
  /** Norm of the gradient over the norm of the weights, mean over the batches (RGN in Lee et al. 2023). */
  readonly relativeGradient: number;
  readonly gradientNorm: number;
  readonly weightNorm: number;
  readonly isHead: boolean;
  /** Whether it is in the proposed set. */
  readonly freeze: boolean;
}

export interface FreezeSuggestion {
  /** In the model's order; layers that the loss depends on. */
  readonly layers: readonly LayerPull[];
  readonly freeze: readonly string[];
  readonly reason: string;
  /** Makes it so; null where nothing is proposed. */
  readonly operation: Extract<Operation, { op: 'setTrainable' }> | null;
  readonly samples: number;
}

/** A layer that is pulled less than this share of the most pulled one before the head has little to learn. */
const LITTLE = 0.1;

export type MeasuredPull = Omit<LayerPull, 'freeze'>;

/** The layers before the head that the new data leaves almost alone. */
export function proposeFreeze(found: readonly MeasuredPull[], samples: number): FreezeSuggestion {
  const base = found.filter((layer) => !layer.isHead);
  const most = base.reduce((best, { relativeGradient }) => Math.max(best, relativeGradient), 0);
  const layers = found.map((layer) => ({ ...layer, freeze: !layer.isHead && most > 0 && layer.relativeGradient < LITTLE * most }));
  const freeze = layers.filter((layer) => layer.freeze).map(({ path }) => path);
  return { layers, freeze, reason: reasonFor(layers, freeze), operation: freeze.length === 0 ? null : { op: 'setTrainable', layers: freeze, trainable: false }, samples };
}

function reasonFor(layers: readonly LayerPull[], freeze: readonly string[]): string {
  const base = layers.filter(({ isHead }) => !isHead);
  if (base.length === 0) return 'There is no layer with weights before the head.';
  const most = base.reduce((best, layer) => (layer.relativeGradient > best.relativeGradient ? layer : best));
  const pulled = `${most.path} is pulled most (gradient ${show(most.relativeGradient)} of its weights)`;
  if (freeze.length === 0) return `${pulled}, and no layer before the head less than a tenth of that: there is no layer that the new data leaves alone.`;
  return `${pulled}; ${freeze.join(', ')} less than a tenth of that: ${freeze.length === 1 ? 'it fits' : 'they fit'} the new data already.`;
}

function show(value: number): string {
  return value.toExponential(1);
}
