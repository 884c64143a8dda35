import { convolution } from './convolution';

export const conv1DLayer = convolution('Conv1D', 1);
