import { spatialDropout } from './spatialDropout';

export const spatialDropout1DLayer = spatialDropout('SpatialDropout1D', 1);
