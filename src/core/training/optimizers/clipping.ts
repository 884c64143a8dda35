import { add, div, maximum, minimum, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { sqrt } from '../../ops/unary';

export type Clipping = { readonly kind: 'clipnorm' | 'global_clipnorm' | 'clipvalue'; readonly limit: number } | null;

/** Gradients held within a limit: the norm of each, the norm of all together, or each element. Formulas of Keras on TensorFlow. */
export function clipGradients(gradients: readonly Value[], clipping: Clipping): readonly Value[] {
  if (!clipping || gradients.length === 0) return gradients;
  const { kind, limit } = clipping;
  switch (kind) {
    case 'clipvalue':
      return gradients.map((gradient) => maximum(minimum(gradient, limit), -limit));
    case 'clipnorm':
      return gradients.map((gradient) => div(mul(gradient, limit), maximum(sqrt(squares(gradient)), limit)));
    case 'global_clipnorm':
      return clipTogether(gradients, limit);
  }
}

function squares(gradient: Value): Value {
  return sum(mul(gradient, gradient));
}

/** The added zero is NaN where the norm is not finite, so that broken gradients do not pass for small ones. */
function clipTogether(gradients: readonly Value[], limit: number): readonly Value[] {
  const norm = sqrt(gradients.map(squares).reduce((total, square) => add(total, square)));
  const scale = add(mul(minimum(div(1, norm), 1 / limit), limit), sub(norm, norm));
  return gradients.map((gradient) => mul(gradient, scale));
}
