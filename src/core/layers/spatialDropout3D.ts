import { spatialDropout } from './spatialDropout';

export const spatialDropout3DLayer = spatialDropout('SpatialDropout3D', 3);
