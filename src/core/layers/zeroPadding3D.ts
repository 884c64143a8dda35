import { zeroPadding } from './zeroPadding';

export const zeroPadding3DLayer = zeroPadding('ZeroPadding3D', 3);
