import { add, div, maximum, minimum, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { sqrt } from '../../ops/unary';
import { mapGradient, squaredGradient } from '../rowGradients';

export type Clipping = { readonly kind: 'clipnorm' | 'global_clipnorm' | 'clipvalue'; readonly limit: number } | null;

/** Gradients held within a limit: the norm of each, the norm of all together, or each element. Formulas of Keras on TensorFlow. */
export function clipGradients(gradients: readonly Value[], clipping: Clipping): readonly Value[] {
  if (!clipping || gradients.length === 0) return gradients;
  const { kind, limit } = clipping;
  switch (kind) {
    case 'clipvalue':
      return gradients.map((gradient) => mapGradient(gradient, (part) => maximum(minimum(part, limit), -limit)));
    case 'clipnorm':
      return gradients.map((gradient) => clipNorm(gradient, limit));
    case 'global_clipnorm':
      return clipTogether(gradients, limit);
  }
}

function clipNorm(gradient: Value, limit: number): Value {
  const norm = maximum(sqrt(squares(gradient)), limit);
  return mapGradient(gradient, (part) => div(mul(part, limit), norm));
}

function squares(gradient: Value): Value {
  return sum(squaredGradient(gradient));
}

/** The added zero is NaN where the norm is not finite, so that broken gradients do not pass for small ones. */
function clipTogether(gradients: readonly Value[], limit: number): readonly Value[] {
  const norm = sqrt(gradients.map(squares).reduce((total, square) => add(total, square)));
  const scale = add(mul(minimum(div(1, norm), 1 / limit), limit), sub(norm, norm));
  return gradients.map((gradient) => mul(gradient, scale));
}
