import { sub } from '../ops/binary';
import { merge } from './merge';

export const subtractLayer = merge({ className: 'Subtract', arity: 2, combine: (inputs) => inputs.reduce((a, b) => sub(a, b)) });
