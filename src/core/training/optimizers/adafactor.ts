import { add, div, maximum, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { mean } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { sqrt } from '../../ops/unary';
import { readFlag, readNumber } from '../kerasObject';
import { LEARNING_RATE, type OptimizerDefinition, type SlotOwner, type UpdateRule, type WeightUpdate } from './optimizer';

/** The step relative to the weight, and how much of the squares before stays. */
const [RHO, DECAY] = ['rho', 'beta_2'];

const { fround } = Math;

/** keras.optimizers.Adafactor (Shazeer and Stern 2018): of matrices it keeps the mean squares of rows and of columns, not of each element. */
export const adafactor: OptimizerDefinition = {
  className: 'Adafactor',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: ['beta_2_decay', 'epsilon_1', 'epsilon_2', 'clip_threshold', 'relative_step'],
  bind(config, where): UpdateRule {
    const read = (key: string, fallback: number): number => readNumber(config, key, { fallback, where });
    const [decay, tiny, least, threshold] = [read('beta_2_decay', -0.8), read('epsilon_1', 1e-30), read('epsilon_2', 1e-3), read('clip_threshold', 1)];
    // A relative step is limited twice by the same number.
    readFlag(config, 'relative_step', true, where);
    return {
      slots: [['rows', 'columns', 'velocity']],
      slotShape,
      rates: (learningRate, iteration) => ({
        [LEARNING_RATE]: learningRate,
        [RHO]: Math.min(fround(learningRate), fround(1 / fround(Math.sqrt(iteration + 1)))),
        [DECAY]: fround(1 - fround((iteration + 1) ** decay)),
      }),
      update: (step) => {
        const { weight, gradient, rate, keep } = step;
        const velocity = weight.shape.length >= 2 ? factored(step, tiny) : follow(step, 'velocity', squared(gradient, tiny));
        keep('velocity', velocity);
        const move = div(gradient, sqrt(velocity));
        const held = div(move, maximum(div(rootMeanSquare(move), threshold), 1));
        return sub(weight, mul(held, mul(maximum(rootMeanSquare(weight), least), rate(RHO))));
      },
    };
  },
};

/** A vector has a number that is never used in the place of rows and columns, as in Keras. */
function slotShape(slot: string, { shape }: SlotOwner): readonly number[] {
  if (slot === 'velocity') return shape;
  if (shape.length < 2) return [];
  return slot === 'rows' ? shape.slice(0, -1) : [...shape.slice(0, -2), ...shape.slice(-1)];
}

function squared(gradient: Value, tiny: number): Value {
  return add(mul(gradient, gradient), tiny);
}

function rootMeanSquare(x: Value): Value {
  return sqrt(mean(mul(x, x)));
}

function follow({ slot, rate }: WeightUpdate, name: string, next: Value): Value {
  return add(mul(slot(name), rate(DECAY)), mul(next, sub(1, rate(DECAY))));
}

/** rows / mean of rows, times columns */
function factored(step: WeightUpdate, tiny: number): Value {
  const square = squared(step.gradient, tiny);
  const rows = follow(step, 'rows', mean(square, [-1]));
  const columns = follow(step, 'columns', mean(square, [-2]));
  step.keep('rows', rows);
  step.keep('columns', columns);
  const shares = div(rows, mean(rows, [-1], true));
  return mul(reshape(shares, [...rows.shape, 1]), reshape(columns, [...columns.shape.slice(0, -1), 1, columns.shape.at(-1) ?? 1]));
}
