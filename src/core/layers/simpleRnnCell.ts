import { add, mul } from '../ops/binary';
import { matmul } from '../ops/matmul';
import { cellWeights, dropoutMask, type GatedConfig, parseGated, type RecurrentCell, weightOf } from './recurrentCell';
import { knownSize } from './shapes';

/** activation(x kernel + bias + h recurrent_kernel) */
export const simpleRnnCell: RecurrentCell<GatedConfig> = {
  className: 'SimpleRNNCell',
  parse: parseGated,
  weights: (config, input) => {
    const { units } = config;
    return cellWeights(config, { kernel: [knownSize(input, -1, 'SimpleRNN'), units], recurrent: [units, units], bias: [units] });
  },
  stateShapes: ({ units }, input) => [[input[0] ?? null, units]],
  prepare: (context, sequence) => {
    const { config, training, weights: { bias } } = context;
    const dropping = (rate: number): boolean => training && rate > 0;
    const x = dropping(config.dropout) ? mul(sequence, dropoutMask(context, config.dropout, sequence.shape.slice(1))) : sequence;
    const product = matmul(x, weightOf(context, 'kernel'));
    const masks = dropping(config.recurrent_dropout) ? [dropoutMask(context, config.recurrent_dropout, [sequence.shape[1], config.units])] : [];
    return {
      entries: [bias ? add(product, bias) : product],
      consts: [weightOf(context, 'recurrent_kernel'), ...masks],
      step: ([projected], [h], [kernel, ...dropped]) => [config.activation.apply(add(projected, matmul(dropped.reduce(mul, h), kernel)))],
    };
  },
  drops: ({ dropout, recurrent_dropout: recurrent }) => dropout > 0 || recurrent > 0,
};
