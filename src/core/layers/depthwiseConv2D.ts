import { depthwiseConvolution } from './depthwiseConvolution';

export const depthwiseConv2DLayer = depthwiseConvolution('DepthwiseConv2D', 2);
