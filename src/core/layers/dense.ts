import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add } from '../ops/binary';
import { matmul } from '../ops/matmul';
import { readActivated, type Activated } from './activations';
import { json, positive, variableSettings } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { asFloat, knownSize, only, showKerasShape } from './shapes';
import { variable } from './variable';

const schema = z.object({
  units: positive,
  activation: json,
  use_bias: z.boolean().default(true),
  ...variableSettings('kernel'),
  ...variableSettings('bias'),
});

type DenseConfig = Activated<z.output<typeof schema>>;

/** activation(x kernel + bias) over the last axis. */
export const denseLayer: LayerDefinition<DenseConfig> = {
  className: 'Dense',
  parse: (config, where) => readActivated(schema, config, where),
  passesMask: true,
  weights: (config, inputs) => {
    const channels = knownSize(only(inputs, 'Dense'), -1, 'Dense');
    const kernel = variable('kernel', [channels, config.units], 'glorot_uniform', config);
    return config.use_bias ? [kernel, variable('bias', [config.units], 'zeros', config)] : [kernel];
  },
  outputShapes: ({ units, activation }, inputs) => [activation.outputShape([...samples(only(inputs, 'Dense')), units])],
  call: ({ config, weights }, inputs) => {
    const x = asFloat(only(inputs, 'Dense'));
    samples(x.shape);
    const { kernel, bias } = weights;
    if (!kernel) throw new Error('a Dense was given no kernel');
    const product = matmul(x, kernel);
    return [config.activation.apply(bias ? add(product, bias) : product)];
  },
};

/** Every axis but the last. */
function samples(shape: KerasShape): KerasShape {
  if (shape.length >= 2) return shape.slice(0, -1);
  throw new SurgeryError('shape-mismatch', 'Dense takes a vector per sample.', { expected: '2 axes or more', received: showKerasShape(shape) });
}
