import { add, mul, sub } from '../ops/binary';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { reshape } from '../ops/reshape';
import { slice } from '../ops/slice';
import { split } from '../ops/split';
import { cellWeights, type CellContext, type GatedConfig, parseGated, type PreparedCell, projectGates, type RecurrentCell, recurrentConsts, recurrentProduct } from './recurrentCell';
import { knownSize } from './shapes';

/** Gates in Keras' order: update, reset, candidate. The reset gate applies after the recurrent product (`reset_after`) or before it. */
export const gruCell: RecurrentCell<GatedConfig> = {
  className: 'GRUCell',
  parse: parseGated,
  weights: (config, input) => {
    const { units, reset_after: after } = config;
    const kernel = [knownSize(input, -1, 'GRU'), 3 * units];
    return cellWeights(config, { kernel, recurrent: [units, 3 * units], bias: after ? [2, 3 * units] : [3 * units] });
  },
  stateShapes: ({ units }, [batch = null]) => [[batch, units]],
  prepare: (context, sequence) => (context.config.reset_after ? resetAfter(context, sequence) : resetBefore(context, sequence)),
  drops: ({ dropout, recurrent_dropout: recurrent }) => dropout > 0 || recurrent > 0,
};

/** The bias of the input and that of the recurrent product: two rows of one variable. */
function resetAfter(context: CellContext<GatedConfig>, sequence: Value): PreparedCell {
  const { config, weights: { bias } } = context;
  const { units } = config;
  const rows = bias ? split(bias, [1, 1], 0).map((row) => reshape(row, [3 * units])) : [];
  const { kernel, masks } = recurrentConsts(context, 3, sequence);
  return {
    entries: [projectGates(context, sequence, { gates: 3, bias: rows.at(0) })],
    consts: [kernel, ...rows.slice(1), ...masks],
    step: ([projected], [h], [recurrent, ...others]) => {
      const product = recurrentProduct(h, recurrent, others.slice(rows.length === 0 ? 0 : 1));
      const inner = rows.length === 0 ? product : add(product, others[0]);
      const [x, r] = [projected, inner].map((gates) => split(gates, [units, units, units], 1));
      const reset = config.recurrentActivation.apply(add(x[1], r[1]));
      return [mixed(h, add(x[0], r[0]), { candidate: add(x[2], mul(reset, r[2])), config })];
    },
  };
}

function resetBefore(context: CellContext<GatedConfig>, sequence: Value): PreparedCell {
  const { config, weights: { bias } } = context;
  const { units } = config;
  const { kernel, masks } = recurrentConsts(context, 3, sequence);
  return {
    entries: [projectGates(context, sequence, { gates: 3, bias })],
    consts: [slice(kernel, 1, 0, 2 * units), slice(kernel, 1, 2 * units, 3 * units), ...masks],
    step: ([projected], [h], [gatesKernel, candidateKernel, ...dropped]) => {
      const [xz, xr, xh] = split(projected, [units, units, units], 1);
      const [rz, rr] = split(recurrentProduct(h, gatesKernel, dropped.slice(0, 2)), [units, units], 1);
      const reset = config.recurrentActivation.apply(add(xr, rr));
      const seen = dropped.length === 0 ? h : mul(h, dropped[2]);
      const candidate = add(xh, matmul(mul(reset, seen), candidateKernel));
      return [mixed(h, add(xz, rz), { candidate, config })];
    },
  };
}

/** z h + (1 - z) candidate; both before their activations. */
function mixed(h: Value, update: Value, { candidate, config }: { candidate: Value; config: GatedConfig }): Value {
  const z = config.recurrentActivation.apply(update);
  return add(mul(z, h), mul(sub(1, z), config.activation.apply(candidate)));
}
