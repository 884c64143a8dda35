import { cropping } from './cropping';

export const cropping1DLayer = cropping('Cropping1D', 1);
