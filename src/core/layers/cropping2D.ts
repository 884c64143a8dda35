import { cropping } from './cropping';

export const cropping2DLayer = cropping('Cropping2D', 2);
