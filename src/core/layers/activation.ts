import { z } from 'zod';
import { parseActivation, type Activation } from './activations';
import { json, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const schema = z.object({ activation: json });

interface ActivationConfig {
  readonly activation: Activation;
}

export const activationLayer: LayerDefinition<ActivationConfig> = {
  className: 'Activation',
  parse: (config, where) => ({ activation: parseActivation(readConfig(schema, config, where).activation, where) }),
  passesMask: true,
  weights: () => [],
  outputShapes: ({ activation }, inputs) => [activation.outputShape(only(inputs, 'Activation'))],
  call: ({ config }, inputs) => [config.activation.apply(asFloat(only(inputs, 'Activation')))],
};
