import { depthwiseConvolution } from './depthwiseConvolution';

export const depthwiseConv1DLayer = depthwiseConvolution('DepthwiseConv1D', 1);
