import { add, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { split } from '../ops/split';
import type { Activation } from './activations';
import { cellWeights, forgetBias, type GatedConfig, parseGated, projectGates, type RecurrentCell, recurrentConsts, recurrentProduct } from './recurrentCell';
import { knownSize } from './shapes';

/** Gates in Keras' order: input, forget, candidate, output (Hochreiter and Schmidhuber 1997). States: h, c. */
export const lstmCell: RecurrentCell<GatedConfig> = {
  className: 'LSTMCell',
  parse: parseGated,
  weights: (config, input) => {
    const { units } = config;
    const kernel = [knownSize(input, -1, 'LSTM'), 4 * units];
    return cellWeights(config, { kernel, recurrent: [units, 4 * units], bias: [4 * units], biasInitializer: forgetBias(config) });
  },
  stateShapes: ({ units }, [batch = null]) => [[batch, units], [batch, units]],
  prepare: (context, sequence) => {
    const { config, weights: { bias } } = context;
    const { kernel, masks } = recurrentConsts(context, 4, sequence);
    return {
      entries: [projectGates(context, sequence, { gates: 4, bias })],
      consts: [kernel, ...masks],
      step: ([projected], [h, c], [recurrent, ...dropped]) => lstmStep(add(projected, recurrentProduct(h, recurrent, dropped)), c, config),
    };
  },
  drops: ({ dropout, recurrent_dropout: recurrent }) => dropout > 0 || recurrent > 0,
};

/** h and c after a step, from the four gates before their activations on the last axis. */
export function lstmStep(gates: Value, c: Value, { activation, recurrentActivation }: { activation: Activation; recurrentActivation: Activation }): readonly Value[] {
  const last = gates.shape.length - 1;
  const [input, forget, candidate, output] = split(gates, new Array<number>(4).fill(gates.shape[last] / 4), last);
  const next = add(mul(recurrentActivation.apply(forget), c), mul(recurrentActivation.apply(input), activation.apply(candidate)));
  return [mul(recurrentActivation.apply(output), activation.apply(next)), next];
}
