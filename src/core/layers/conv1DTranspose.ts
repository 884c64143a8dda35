import { convolutionTranspose } from './convolutionTranspose';

export const conv1DTransposeLayer = convolutionTranspose('Conv1DTranspose', 1);
