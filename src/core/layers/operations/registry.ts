import type { LayerDefinition } from '../layer';
import { activationOperations } from './activations';
import { arithmeticOperations } from './arithmetic';
import { comparisonOperations } from './comparison';
import { exceptionOperations } from './exceptions';
import { foldingOperations } from './folding';
import { imageOperations } from './images';
import { indexingOperations } from './indexing';
import { inverseOperations } from './inverses';
import { joiningOperations } from './joining';
import { matrixOperations } from './matrices';
import { nanReductionOperations } from './nanReductions';
import { networkOperations } from './network';
import { normalizationOperations } from './normalization';
import { asLayer, type OperationConfig } from './operation';
import { productOperations } from './products';
import { rearrangingOperations } from './rearranging';
import { reductionOperations } from './reduction';
import { shapingOperations } from './shaping';
import { sortingOperations } from './sorting';
import { spectralOperations } from './spectra';
import { transformOperations } from './transforms';

/** Every class of `keras.ops` that can be run as a node of a Functional graph. */
export const operationDefinitions: readonly LayerDefinition<OperationConfig>[] = [
  ...activationOperations,
  ...arithmeticOperations,
  ...comparisonOperations,
  ...exceptionOperations,
  ...foldingOperations,
  ...imageOperations,
  ...indexingOperations,
  ...inverseOperations,
  ...joiningOperations,
  ...matrixOperations,
  ...nanReductionOperations,
  ...networkOperations,
  ...normalizationOperations,
  ...productOperations,
  ...rearrangingOperations,
  ...reductionOperations,
  ...shapingOperations,
  ...sortingOperations,
  ...spectralOperations,
  ...transformOperations,
].map(asLayer);
