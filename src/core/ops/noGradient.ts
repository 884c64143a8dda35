import type { OpDefinition } from './definition';

/** The gradient rule of operations that are constant almost everywhere or give no floats. */
export const noGradient: Pick<OpDefinition, 'gradient' | 'differentiable'> = {
  differentiable: false,
  gradient: ({ inputs }) => inputs.map(() => undefined),
};
