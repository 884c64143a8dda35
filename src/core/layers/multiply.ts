import { mul } from '../ops/binary';
import { merge } from './merge';

export const multiplyLayer = merge({ className: 'Multiply', combine: (inputs) => inputs.reduce((a, b) => mul(a, b)) });
