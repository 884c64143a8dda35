import { separableConvolution } from './separableConvolution';

export const separableConv1DLayer = separableConvolution('SeparableConv1D', 1);
