import { spatialDropout } from './spatialDropout';

export const spatialDropout2DLayer = spatialDropout('SpatialDropout2D', 2);
