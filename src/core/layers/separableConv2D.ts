import { separableConvolution } from './separableConvolution';

export const separableConv2DLayer = separableConvolution('SeparableConv2D', 2);
