import { zeroPadding } from './zeroPadding';

export const zeroPadding1DLayer = zeroPadding('ZeroPadding1D', 1);
