import { convolutionTranspose } from './convolutionTranspose';

export const conv3DTransposeLayer = convolutionTranspose('Conv3DTranspose', 3);
