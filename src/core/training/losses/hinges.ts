import { add, maximum, mul, sub } from '../../ops/binary';
import { equal } from '../../ops/compare';
import { cast } from '../../ops/cast';
import type { Value } from '../../ops/graph';
import { max, mean, sum } from '../../ops/reduce';
import { abs } from '../../ops/unary';
import { where as choose } from '../../ops/where';

/** Losses of a margin, by the name of Keras' function; y_true and y_pred are of one shape. */
export const hinges = {
  hinge: () => (target: Value, output: Value): Value => mean(shortfall(target, output), [-1]),
  squared_hinge: () => (target: Value, output: Value): Value => {
    const missing = shortfall(target, output);
    return mean(mul(missing, missing), [-1]);
  },
  categorical_hinge: () => (target: Value, output: Value): Value => {
    const right = sum(mul(target, output), [-1]);
    const wrong = max(mul(sub(1, target), output), [-1]);
    return maximum(add(sub(wrong, right), 1), 0);
  },
};

function shortfall(target: Value, output: Value): Value {
  return maximum(sub(1, mul(signs(target), output)), 0);
}

/** Keras takes labels of 0 and 1 for -1 and 1, where all of a batch are such. */
function signs(target: Value): Value {
  const [zero, one] = [0, 1].map((label) => cast(equal(target, label), 'float32'));
  // The share of labels that are neither is exactly 0 where there are none.
  const others = mean(abs(sub(sub(1, zero), one)));
  return choose(equal(others, 0), sub(mul(target, 2), 1), target);
}
