import { add, div } from '../ops/binary';
import { merge } from './merge';

export const averageLayer = merge({
  className: 'Average',
  combine: (inputs) => div(inputs.reduce((a, b) => add(a, b)), inputs.length),
});
