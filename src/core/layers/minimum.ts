import { minimum } from '../ops/binary';
import { merge } from './merge';

export const minimumLayer = merge({ className: 'Minimum', combine: (inputs) => inputs.reduce((a, b) => minimum(a, b)) });
