import { add, mul, sub } from '../../../src/core/ops/binary';
import { broadcastTo } from '../../../src/core/ops/broadcastTo';
import { greater } from '../../../src/core/ops/compare';
import { concat } from '../../../src/core/ops/concat';
import { conv } from '../../../src/core/ops/conv';
import type { Value } from '../../../src/core/ops/graph';
import { matmul } from '../../../src/core/ops/matmul';
import { pad } from '../../../src/core/ops/pad';
import { maxPool } from '../../../src/core/ops/pool';
import { mean, sum } from '../../../src/core/ops/reduce';
import { reshape } from '../../../src/core/ops/reshape';
import { scan, type ScanResult } from '../../../src/core/ops/scan';
import { BATCH, type Shape } from '../../../src/core/ops/shape';
import { softmax } from '../../../src/core/ops/softmax';
import { slice } from '../../../src/core/ops/slice';
import { split } from '../../../src/core/ops/split';
import { transpose } from '../../../src/core/ops/transpose';
import { sigmoid, tanh } from '../../../src/core/ops/unary';
import { where } from '../../../src/core/ops/where';

/** A loop with floats for inputs: what recurrent layers are made of, and what the gradient of a loop must get right. */
export interface LoopCase {
  readonly what: string;
  readonly inputs: readonly Shape[];
  readonly build: (...values: readonly Value[]) => Value;
}

/** All that a loop gives, as one vector for each sample: the batch is axis 0 of carries and axis 1 of sequences. */
function everything({ carry, ys }: ScanResult): Value {
  const samples = [...carry, ...ys.map((y) => transpose(y, [1, 0, ...y.shape.keys()].filter((axis, i) => i < 2 || axis > 1)))];
  return concat(samples.map((value) => reshape(value, [BATCH, value.shape.slice(1).reduce((a, b) => a * b, 1)])), 1);
}

/** `values`: projected inputs, h, c, recurrent kernel, and a mask or none. */
function lstm([xs, h, c, kernel, ...masks]: readonly Value[], reverse = false): ScanResult {
  return scan({ carry: [h, c], xs: [xs, ...masks], consts: [kernel], reverse }, ([h0, c0], [x, ...flags], [k]) => {
    const units = h0.shape[1];
    const [i, f, g, o] = split(add(x, matmul(h0, k)), [units, units, units, units], 1);
    const next = add(mul(sigmoid(f), c0), mul(sigmoid(i), tanh(g)));
    const out = mul(sigmoid(o), tanh(next));
    const m = flags.at(0);
    const carry = m ? [where(greater(m, 0), out, h0), where(greater(m, 0), next, c0)] : [out, next];
    return { carry, ys: [carry[0]] };
  });
}

const [T, U] = [4, 3];
const gates: readonly Shape[] = [[T, BATCH, 4 * U], [BATCH, U], [BATCH, U], [U, 4 * U]];

function gru(xs: Value, h: Value, kernel: Value, bias: Value): ScanResult {
  return scan({ carry: [h], xs: [xs], consts: [kernel, bias] }, ([h0], [x], [k, b]) => {
    const [xz, xr, xh] = split(x, [U, U, U], 1);
    const [rz, rr, rh] = split(add(matmul(h0, k), b), [U, U, U], -1);
    const z = sigmoid(add(xz, rz));
    const candidate = tanh(add(xh, mul(sigmoid(add(xr, rr)), rh)));
    const next = add(mul(z, h0), mul(sub(1, z), candidate));
    return { carry: [next], ys: [next] };
  });
}

export const loopCases: readonly LoopCase[] = [
  {
    what: 'a running sum', inputs: [[T, BATCH, 2], [BATCH, 2]],
    build: (xs, h) => everything(scan({ carry: [h], xs: [xs] }, ([h0], [x]) => ({ carry: [add(h0, x)], ys: [h0] }))),
  },
  { what: 'LSTM', inputs: gates, build: (...values) => everything(lstm(values)) },
  { what: 'LSTM in reverse', inputs: gates, build: (...values) => everything(lstm(values, true)) },
  { what: 'LSTM with a mask', inputs: [...gates, [T, BATCH, 1]], build: (...values) => add(everything(lstm(values)), mul(sum(values[4]), 0.1)) },
  { what: 'LSTM, its last state alone', inputs: gates, build: (...values) => lstm(values).carry[0] },
  { what: 'LSTM of many steps', inputs: [[23, BATCH, 4 * U], ...gates.slice(1)], build: (...values) => everything(lstm(values)) },
  { what: 'LSTM of many steps in reverse', inputs: [[20, BATCH, 4 * U], ...gates.slice(1)], build: (...values) => everything(lstm(values, true)) },
  { what: 'LSTM of one step', inputs: [[1, BATCH, 4 * U], ...gates.slice(1)], build: (...values) => everything(lstm(values)) },
  { what: 'GRU', inputs: [[T, BATCH, 3 * U], [BATCH, U], [U, 3 * U], [3 * U]], build: (xs, h, k, b) => everything(gru(xs, h, k, b)) },
  {
    what: 'convolutions of a state that is an image', inputs: [[3, BATCH, 4, 3, 2], [BATCH, 4, 3, 2], [3, 2, 2, 2]],
    build: (xs, h, k) => everything(scan({ carry: [h], xs: [xs], consts: [k] }, ([h0], [x], [kernel]) => {
      const seen = conv(h0, kernel, { strides: [1, 1], padding: [[1, 1], [0, 1]], dilation: [1, 1], groups: 1 });
      const next = tanh(add(x, seen));
      return { carry: [next], ys: [next] };
    })),
  },
  {
    what: 'a product by each entry, and a mean', inputs: [[T, BATCH, 2, 3], [BATCH, 2, 3], [2]],
    build: (xs, h, w) => everything(scan({ carry: [h], xs: [xs], consts: [w] }, ([h0], [x], [weights]) => {
      const scores = softmax(matmul(h0, x, { transposeB: true }), -1);
      const next = add(mul(matmul(scores, tanh(x)), 0.5), mul(mean(h0, [2], true), reshape(weights, [2, 1])));
      return { carry: [next], ys: [sum(mul(next, x), [1])] };
    })),
  },
  {
    what: 'shaping, and what cannot be computed for all steps at once', inputs: [[T, BATCH, 4, 1], [BATCH, 4, 1]],
    build: (xs, h) => everything(scan({ carry: [h], xs: [xs] }, ([h0], [x]) => {
      const pooled = maxPool(mul(add(h0, mul(x, 3)), x), { size: [2], strides: [2], padding: [[0, 0]] });
      const wide = concat([pad(pooled, [[0, 0], [1, 0], [0, 0]]), slice(h0, 1, 1, 2)], 1);
      return { carry: [mul(wide, sigmoid(h0))], ys: [broadcastTo(transpose(x, [0, 2, 1]), [BATCH, 2, 4])] };
    })),
  },
  {
    what: 'a state that forgets, and one that only is read', inputs: [[T, BATCH, 2], [BATCH, 2], [BATCH, 2]],
    build: (xs, h, c) => concat([h, everything(scan({ carry: [h, c], xs: [xs] }, ([, c0], [x]) => ({ carry: [mul(x, c0), c0], ys: [mul(x, x)] })))], 1),
  },
  {
    what: 'states that become the same in each step', inputs: [[T, BATCH, 2], [BATCH, 2], [BATCH, 2]],
    build: (xs, h, c) => everything(scan({ carry: [h, h], xs: [xs], consts: [c] }, ([h0, still], [x], [k]) => ({ carry: [k, mul(tanh(k), 2)], ys: [mul(h0, add(x, still))] }))),
  },
  {
    what: 'a loop whose steps differ by nothing but the state', inputs: [[T, BATCH, 2], [BATCH, 2]],
    build: (xs, h) => add(scan({ carry: [h], xs: [xs] }, ([h0]) => ({ carry: [mul(tanh(h0), h0)], ys: [] })).carry[0], slice(reshape(slice(xs, 0, 0, 1), [BATCH, 2]), 1, 0, 2)),
  },
];
