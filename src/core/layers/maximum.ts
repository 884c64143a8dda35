import { maximum } from '../ops/binary';
import { merge } from './merge';

export const maximumLayer = merge({ className: 'Maximum', combine: (inputs) => inputs.reduce((a, b) => maximum(a, b)) });
