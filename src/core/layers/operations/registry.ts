import type { LayerDefinition } from '../layer';
import { activationOperations } from './activations';
import { arithmeticOperations } from './arithmetic';
import { comparisonOperations } from './comparison';
import { imageOperations } from './images';
import { indexingOperations } from './indexing';
import { joiningOperations } from './joining';
import { networkOperations } from './network';
import { normalizationOperations } from './normalization';
import { asLayer, type OperationConfig } from './operation';
import { productOperations } from './products';
import { reductionOperations } from './reduction';
import { shapingOperations } from './shaping';

/** Every class of `keras.ops` that can be run as a node of a Functional graph. */
export const operationDefinitions: readonly LayerDefinition<OperationConfig>[] = [
  ...activationOperations,
  ...arithmeticOperations,
  ...comparisonOperations,
  ...imageOperations,
  ...indexingOperations,
  ...joiningOperations,
  ...networkOperations,
  ...normalizationOperations,
  ...productOperations,
  ...reductionOperations,
  ...shapingOperations,
].map(asLayer);
