import { cropping } from './cropping';

export const cropping3DLayer = cropping('Cropping3D', 3);
