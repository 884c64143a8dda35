import { convolution } from './convolution';

export const conv3DLayer = convolution('Conv3D', 3);
