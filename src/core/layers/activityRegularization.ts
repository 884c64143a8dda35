import { z } from 'zod';
import { elementwise } from './elementwise';

/** Gives its input; the loss that its `l1` and `l2` add is written where every layer's activity regularizer is. */
export const activityRegularizationLayer = elementwise({
  className: 'ActivityRegularization',
  schema: z.object({ l1: z.number().default(0), l2: z.number().default(0) }),
  apply: (x) => x,
});
