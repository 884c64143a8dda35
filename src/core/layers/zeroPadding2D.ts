import { zeroPadding } from './zeroPadding';

export const zeroPadding2DLayer = zeroPadding('ZeroPadding2D', 2);
