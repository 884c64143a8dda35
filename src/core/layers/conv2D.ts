import { convolution } from './convolution';

export const conv2DLayer = convolution('Conv2D', 2);
