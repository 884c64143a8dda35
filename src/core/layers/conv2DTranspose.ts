import { convolutionTranspose } from './convolutionTranspose';

export const conv2DTransposeLayer = convolutionTranspose('Conv2DTranspose', 2);
